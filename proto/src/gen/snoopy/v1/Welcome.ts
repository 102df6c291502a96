// Original file: proto/snoopy/v1/agent.proto


export interface Welcome {
  'version'?: (string);
  'instance'?: (string);
}

export interface Welcome__Output {
  'version': (string);
  'instance': (string);
}
