// Original file: proto/snoopy/v1/capture.proto

import type { Long } from '@grpc/proto-loader';

export interface CaptureStart {
  'namespace'?: (string);
  'pods'?: (string)[];
  'selector'?: (string);
  'interfaces'?: (string)[];
  'filter'?: (string);
  'snaplen'?: (number);
  'maxPackets'?: (number | string | Long);
  'maxBytes'?: (number | string | Long);
  'maxSeconds'?: (number);
}

export interface CaptureStart__Output {
  'namespace': (string);
  'pods': (string)[];
  'selector': (string);
  'interfaces': (string)[];
  'filter': (string);
  'snaplen': (number);
  'maxPackets': (number);
  'maxBytes': (number);
  'maxSeconds': (number);
}
