// Original file: proto/snoopy/v1/job.proto


export interface RunOutput {
  'namespace'?: (string);
  'pod'?: (string);
  'data'?: (Buffer | Uint8Array | string);
  'errors'?: (boolean);
}

export interface RunOutput__Output {
  'namespace': (string);
  'pod': (string);
  'data': (Buffer);
  'errors': (boolean);
}
