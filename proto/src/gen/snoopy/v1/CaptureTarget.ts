// Original file: proto/snoopy/v1/capture.proto

import type { Long } from '@grpc/proto-loader';

export interface CaptureTarget {
  'namespace'?: (string);
  'pod'?: (string);
  'podUid'?: (string);
  'node'?: (string);
  'interface'?: (string);
  'packets'?: (number | string | Long);
  'bytes'?: (number | string | Long);
  'kernelDropped'?: (number | string | Long);
  'agentDropped'?: (number | string | Long);
  'aggregatorDropped'?: (number | string | Long);
  'done'?: (boolean);
  'error'?: (string);
}

export interface CaptureTarget__Output {
  'namespace': (string);
  'pod': (string);
  'podUid': (string);
  'node': (string);
  'interface': (string);
  'packets': (number);
  'bytes': (number);
  'kernelDropped': (number);
  'agentDropped': (number);
  'aggregatorDropped': (number);
  'done': (boolean);
  'error': (string);
}
