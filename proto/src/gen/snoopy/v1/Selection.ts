// Original file: proto/snoopy/v1/agent.proto


export interface Selection {
  'selected'?: (string)[];
  'others'?: (string)[];
}

export interface Selection__Output {
  'selected': (string)[];
  'others': (string)[];
}
