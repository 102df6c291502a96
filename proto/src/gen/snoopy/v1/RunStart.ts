// Original file: proto/snoopy/v1/job.proto


export interface RunStart {
  'namespace'?: (string);
  'pods'?: (string)[];
  'selector'?: (string);
  'tool'?: (string);
  'args'?: (string)[];
  'maxSeconds'?: (number);
}

export interface RunStart__Output {
  'namespace': (string);
  'pods': (string)[];
  'selector': (string);
  'tool': (string);
  'args': (string)[];
  'maxSeconds': (number);
}
