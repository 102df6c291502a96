// Original file: proto/snoopy/v1/flow.proto


export interface PodRef {
  'uid'?: (string);
  'namespace'?: (string);
  'name'?: (string);
}

export interface PodRef__Output {
  'uid': (string);
  'namespace': (string);
  'name': (string);
}
