// Original file: proto/snoopy/v1/agent.proto

import type { Pod as _snoopy_v1_Pod, Pod__Output as _snoopy_v1_Pod__Output } from '../../snoopy/v1/Pod.js';

export interface PodsReport {
  'full'?: (boolean);
  'pods'?: (_snoopy_v1_Pod)[];
  'removed'?: (string)[];
}

export interface PodsReport__Output {
  'full': (boolean);
  'pods': (_snoopy_v1_Pod__Output)[];
  'removed': (string)[];
}
