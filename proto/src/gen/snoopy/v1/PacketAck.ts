// Original file: proto/snoopy/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface PacketAck {
  'bytes'?: (number | string | Long);
}

export interface PacketAck__Output {
  'bytes': (number);
}
