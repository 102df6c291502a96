// Original file: proto/snoopy/v1/job.proto

import type { RunProgress as _snoopy_v1_RunProgress, RunProgress__Output as _snoopy_v1_RunProgress__Output } from '../../snoopy/v1/RunProgress.js';
import type { RunOutput as _snoopy_v1_RunOutput, RunOutput__Output as _snoopy_v1_RunOutput__Output } from '../../snoopy/v1/RunOutput.js';

export interface RunResponse {
  'started'?: (_snoopy_v1_RunProgress | null);
  'output'?: (_snoopy_v1_RunOutput | null);
  'finished'?: (_snoopy_v1_RunProgress | null);
  'message'?: "started"|"output"|"finished";
}

export interface RunResponse__Output {
  'started'?: (_snoopy_v1_RunProgress__Output | null);
  'output'?: (_snoopy_v1_RunOutput__Output | null);
  'finished'?: (_snoopy_v1_RunProgress__Output | null);
  'message'?: "started"|"output"|"finished";
}
