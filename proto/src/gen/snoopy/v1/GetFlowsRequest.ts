// Original file: proto/snoopy/v1/observer.proto

import type { FlowFilter as _snoopy_v1_FlowFilter, FlowFilter__Output as _snoopy_v1_FlowFilter__Output } from '../../snoopy/v1/FlowFilter.js';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.js';

export interface GetFlowsRequest {
  'include'?: (_snoopy_v1_FlowFilter)[];
  'exclude'?: (_snoopy_v1_FlowFilter)[];
  'last'?: (number);
  'follow'?: (boolean);
  'since'?: (_google_protobuf_Timestamp | null);
  'until'?: (_google_protobuf_Timestamp | null);
}

export interface GetFlowsRequest__Output {
  'include': (_snoopy_v1_FlowFilter__Output)[];
  'exclude': (_snoopy_v1_FlowFilter__Output)[];
  'last': (number);
  'follow': (boolean);
  'since': (_google_protobuf_Timestamp__Output | null);
  'until': (_google_protobuf_Timestamp__Output | null);
}
