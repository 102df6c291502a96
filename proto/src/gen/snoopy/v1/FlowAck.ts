// Original file: proto/snoopy/v1/flow.proto

import type { Long } from '@grpc/proto-loader';

export interface FlowAck {
  'sequence'?: (number | string | Long);
}

export interface FlowAck__Output {
  'sequence': (number);
}
