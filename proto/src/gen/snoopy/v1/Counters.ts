// Original file: proto/snoopy/v1/observer.proto

import type { Long } from '@grpc/proto-loader';

export interface Counters {
  'packets'?: (number | string | Long);
  'bytes'?: (number | string | Long);
  'payloadBytes'?: (number | string | Long);
  'segments'?: (number | string | Long);
  'retransmittedSegments'?: (number | string | Long);
  'zeroWindows'?: (number | string | Long);
  'lostSegments'?: (number | string | Long);
}

export interface Counters__Output {
  'packets': (number);
  'bytes': (number);
  'payloadBytes': (number);
  'segments': (number);
  'retransmittedSegments': (number);
  'zeroWindows': (number);
  'lostSegments': (number);
}
