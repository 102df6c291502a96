// Original file: proto/snoopy/v1/agent.proto

import type { CaptureTask as _snoopy_v1_CaptureTask, CaptureTask__Output as _snoopy_v1_CaptureTask__Output } from '../../snoopy/v1/CaptureTask.js';

export interface Task {
  'id'?: (string);
  'podUids'?: (string)[];
  'capture'?: (_snoopy_v1_CaptureTask | null);
  'work'?: "capture";
}

export interface Task__Output {
  'id': (string);
  'podUids': (string)[];
  'capture'?: (_snoopy_v1_CaptureTask__Output | null);
  'work'?: "capture";
}
