// Original file: proto/snoopy/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface RunTask {
  'tool'?: (string);
  'args'?: (string)[];
  'maxSeconds'?: (number);
  'maxBytes'?: (number | string | Long);
}

export interface RunTask__Output {
  'tool': (string);
  'args': (string)[];
  'maxSeconds': (number);
  'maxBytes': (number);
}
