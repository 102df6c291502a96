// Original file: proto/snoopy/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface CaptureTask {
  'filter'?: (string);
  'snaplen'?: (number);
  'interfaces'?: (string)[];
  'maxPackets'?: (number | string | Long);
  'maxBytes'?: (number | string | Long);
  'maxSeconds'?: (number);
}

export interface CaptureTask__Output {
  'filter': (string);
  'snaplen': (number);
  'interfaces': (string)[];
  'maxPackets': (number);
  'maxBytes': (number);
  'maxSeconds': (number);
}
