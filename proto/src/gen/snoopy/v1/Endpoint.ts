// Original file: proto/snoopy/v1/observer.proto


export interface Endpoint {
  'ip'?: (string);
  'port'?: (number);
  'namespace'?: (string);
  'pod'?: (string);
  'podUid'?: (string);
  'labels'?: ({[key: string]: string});
  'node'?: (string);
  'workload'?: (string);
  'name'?: (string);
  'service'?: (string);
  'zone'?: (string);
  'workloadKind'?: (string);
  'hidden'?: (boolean);
}

export interface Endpoint__Output {
  'ip': (string);
  'port': (number);
  'namespace': (string);
  'pod': (string);
  'podUid': (string);
  'labels': ({[key: string]: string});
  'node': (string);
  'workload': (string);
  'name': (string);
  'service': (string);
  'zone': (string);
  'workloadKind': (string);
  'hidden': (boolean);
}
