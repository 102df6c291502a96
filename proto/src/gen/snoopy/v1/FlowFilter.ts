// Original file: proto/snoopy/v1/observer.proto

import type { Outcome as _snoopy_v1_Outcome, Outcome__Output as _snoopy_v1_Outcome__Output } from '../../snoopy/v1/Outcome.js';

export interface FlowFilter {
  'namespaces'?: (string)[];
  'pods'?: (string)[];
  'selector'?: (string);
  'cidrs'?: (string)[];
  'ports'?: (number)[];
  'protocols'?: (string)[];
  'outcomes'?: (_snoopy_v1_Outcome)[];
  'dnsNames'?: (string)[];
  'tlsNames'?: (string)[];
}

export interface FlowFilter__Output {
  'namespaces': (string)[];
  'pods': (string)[];
  'selector': (string);
  'cidrs': (string)[];
  'ports': (number)[];
  'protocols': (string)[];
  'outcomes': (_snoopy_v1_Outcome__Output)[];
  'dnsNames': (string)[];
  'tlsNames': (string)[];
}
