// Original file: proto/snoopy/v1/job.proto


export interface RunTarget {
  'namespace'?: (string);
  'pod'?: (string);
  'node'?: (string);
  'done'?: (boolean);
  'exitCode'?: (number);
  'error'?: (string);
}

export interface RunTarget__Output {
  'namespace': (string);
  'pod': (string);
  'node': (string);
  'done': (boolean);
  'exitCode': (number);
  'error': (string);
}
