// Original file: proto/snoopy/v1/observer.proto

import type { Flow as _snoopy_v1_Flow, Flow__Output as _snoopy_v1_Flow__Output } from '../../snoopy/v1/Flow.js';
import type { Loss as _snoopy_v1_Loss, Loss__Output as _snoopy_v1_Loss__Output } from '../../snoopy/v1/Loss.js';

export interface GetFlowsResponse {
  'flows'?: (_snoopy_v1_Flow)[];
  'lost'?: (_snoopy_v1_Loss)[];
}

export interface GetFlowsResponse__Output {
  'flows': (_snoopy_v1_Flow__Output)[];
  'lost': (_snoopy_v1_Loss__Output)[];
}
