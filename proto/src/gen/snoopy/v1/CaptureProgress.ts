// Original file: proto/snoopy/v1/capture.proto

import type { CaptureTarget as _snoopy_v1_CaptureTarget, CaptureTarget__Output as _snoopy_v1_CaptureTarget__Output } from '../../snoopy/v1/CaptureTarget.js';

export interface CaptureProgress {
  'targets'?: (_snoopy_v1_CaptureTarget)[];
  'complete'?: (boolean);
  'summary'?: (string);
}

export interface CaptureProgress__Output {
  'targets': (_snoopy_v1_CaptureTarget__Output)[];
  'complete': (boolean);
  'summary': (string);
}
