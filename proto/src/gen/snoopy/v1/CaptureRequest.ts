// Original file: proto/snoopy/v1/capture.proto

import type { CaptureStart as _snoopy_v1_CaptureStart, CaptureStart__Output as _snoopy_v1_CaptureStart__Output } from '../../snoopy/v1/CaptureStart.js';
import type { CaptureStop as _snoopy_v1_CaptureStop, CaptureStop__Output as _snoopy_v1_CaptureStop__Output } from '../../snoopy/v1/CaptureStop.js';

export interface CaptureRequest {
  'start'?: (_snoopy_v1_CaptureStart | null);
  'stop'?: (_snoopy_v1_CaptureStop | null);
  'message'?: "start"|"stop";
}

export interface CaptureRequest__Output {
  'start'?: (_snoopy_v1_CaptureStart__Output | null);
  'stop'?: (_snoopy_v1_CaptureStop__Output | null);
  'message'?: "start"|"stop";
}
