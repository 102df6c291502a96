// Original file: proto/snoopy/v1/job.proto

import type { RunStart as _snoopy_v1_RunStart, RunStart__Output as _snoopy_v1_RunStart__Output } from '../../snoopy/v1/RunStart.js';
import type { RunStop as _snoopy_v1_RunStop, RunStop__Output as _snoopy_v1_RunStop__Output } from '../../snoopy/v1/RunStop.js';

export interface RunRequest {
  'start'?: (_snoopy_v1_RunStart | null);
  'stop'?: (_snoopy_v1_RunStop | null);
  'message'?: "start"|"stop";
}

export interface RunRequest__Output {
  'start'?: (_snoopy_v1_RunStart__Output | null);
  'stop'?: (_snoopy_v1_RunStop__Output | null);
  'message'?: "start"|"stop";
}
