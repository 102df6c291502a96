// Original file: proto/snoopy/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface PacketChunk {
  'taskId'?: (string);
  'podUid'?: (string);
  'interface'?: (string);
  'linkType'?: (number);
  'snaplen'?: (number);
  'firstPacket'?: (number | string | Long);
  'packets'?: (number);
  'records'?: (Buffer | Uint8Array | string);
  'kernelDropped'?: (number | string | Long);
  'agentDropped'?: (number | string | Long);
  'last'?: (boolean);
  'error'?: (string);
  'output'?: (Buffer | Uint8Array | string);
  'errors'?: (boolean);
}

export interface PacketChunk__Output {
  'taskId': (string);
  'podUid': (string);
  'interface': (string);
  'linkType': (number);
  'snaplen': (number);
  'firstPacket': (number);
  'packets': (number);
  'records': (Buffer);
  'kernelDropped': (number);
  'agentDropped': (number);
  'last': (boolean);
  'error': (string);
  'output': (Buffer);
  'errors': (boolean);
}
