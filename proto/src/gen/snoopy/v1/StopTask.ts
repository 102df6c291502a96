// Original file: proto/snoopy/v1/agent.proto


export interface StopTask {
  'id'?: (string);
}

export interface StopTask__Output {
  'id': (string);
}
