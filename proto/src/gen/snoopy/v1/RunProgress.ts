// Original file: proto/snoopy/v1/job.proto

import type { RunTarget as _snoopy_v1_RunTarget, RunTarget__Output as _snoopy_v1_RunTarget__Output } from '../../snoopy/v1/RunTarget.js';

export interface RunProgress {
  'targets'?: (_snoopy_v1_RunTarget)[];
}

export interface RunProgress__Output {
  'targets': (_snoopy_v1_RunTarget__Output)[];
}
