// Original file: proto/snoopy/v1/capture.proto

import type { CaptureProgress as _snoopy_v1_CaptureProgress, CaptureProgress__Output as _snoopy_v1_CaptureProgress__Output } from '../../snoopy/v1/CaptureProgress.js';

export interface CaptureResponse {
  'started'?: (_snoopy_v1_CaptureProgress | null);
  'pcapng'?: (Buffer | Uint8Array | string);
  'progress'?: (_snoopy_v1_CaptureProgress | null);
  'finished'?: (_snoopy_v1_CaptureProgress | null);
  'message'?: "started"|"pcapng"|"progress"|"finished";
}

export interface CaptureResponse__Output {
  'started'?: (_snoopy_v1_CaptureProgress__Output | null);
  'pcapng'?: (Buffer);
  'progress'?: (_snoopy_v1_CaptureProgress__Output | null);
  'finished'?: (_snoopy_v1_CaptureProgress__Output | null);
  'message'?: "started"|"pcapng"|"progress"|"finished";
}
