// Original file: proto/snoopy/v1/observer.proto


export interface Dns {
  'name'?: (string);
  'type'?: (string);
  'rcode'?: (string);
  'latencySeconds'?: (number | string);
}

export interface Dns__Output {
  'name': (string);
  'type': (string);
  'rcode': (string);
  'latencySeconds': (number);
}
