// Original file: proto/snoopy/v1/observer.proto

import type { FlowFilter as _snoopy_v1_FlowFilter, FlowFilter__Output as _snoopy_v1_FlowFilter__Output } from '../../snoopy/v1/FlowFilter.js';

export interface GetStatusRequest {
  'include'?: (_snoopy_v1_FlowFilter)[];
}

export interface GetStatusRequest__Output {
  'include': (_snoopy_v1_FlowFilter__Output)[];
}
