// Original file: proto/snoopy/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface ClockReply {
  'id'?: (number);
  'sentUs'?: (number | string | Long);
  'receivedUs'?: (number | string | Long);
  'repliedUs'?: (number | string | Long);
}

export interface ClockReply__Output {
  'id': (number);
  'sentUs': (number);
  'receivedUs': (number);
  'repliedUs': (number);
}
