// Original file: proto/snoopy/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface ClockProbe {
  'id'?: (number);
  'sentUs'?: (number | string | Long);
}

export interface ClockProbe__Output {
  'id': (number);
  'sentUs': (number);
}
