// Original file: proto/snoopy/v1/agent.proto


export interface Renewal {
  'token'?: (string);
}

export interface Renewal__Output {
  'token': (string);
}
