// Original file: proto/snoopy/v1/agent.proto

import type { CaptureTask as _snoopy_v1_CaptureTask, CaptureTask__Output as _snoopy_v1_CaptureTask__Output } from '../../snoopy/v1/CaptureTask.js';
import type { RunTask as _snoopy_v1_RunTask, RunTask__Output as _snoopy_v1_RunTask__Output } from '../../snoopy/v1/RunTask.js';

export interface Task {
  'id'?: (string);
  'podUids'?: (string)[];
  'capture'?: (_snoopy_v1_CaptureTask | null);
  'run'?: (_snoopy_v1_RunTask | null);
  'work'?: "capture"|"run";
}

export interface Task__Output {
  'id': (string);
  'podUids': (string)[];
  'capture'?: (_snoopy_v1_CaptureTask__Output | null);
  'run'?: (_snoopy_v1_RunTask__Output | null);
  'work'?: "capture"|"run";
}
