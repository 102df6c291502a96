// Original file: proto/snoopy/v1/job.proto

import type { Long } from '@grpc/proto-loader';

export interface JobTarget {
  'namespace'?: (string);
  'pod'?: (string);
  'node'?: (string);
  'state'?: (string);
  'packets'?: (number | string | Long);
  'bytes'?: (number | string | Long);
  'dropped'?: (number | string | Long);
  'error'?: (string);
  'exitCode'?: (number);
}

export interface JobTarget__Output {
  'namespace': (string);
  'pod': (string);
  'node': (string);
  'state': (string);
  'packets': (number);
  'bytes': (number);
  'dropped': (number);
  'error': (string);
  'exitCode': (number);
}
