// Original file: proto/snoopy/v1/observer.proto

import type { AgentStatus as _snoopy_v1_AgentStatus, AgentStatus__Output as _snoopy_v1_AgentStatus__Output } from '../../snoopy/v1/AgentStatus.js';
import type { Loss as _snoopy_v1_Loss, Loss__Output as _snoopy_v1_Loss__Output } from '../../snoopy/v1/Loss.js';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.js';

export interface GetStatusResponse {
  'version'?: (string);
  'instance'?: (string);
  'uptimeSeconds'?: (number | string);
  'agents'?: (_snoopy_v1_AgentStatus)[];
  'flowsPerSecond'?: (number | string);
  'connections'?: (number);
  'subscribers'?: (number);
  'lost'?: (_snoopy_v1_Loss)[];
  'hints'?: (string)[];
  'flowsKept'?: (number);
  'oldestFlow'?: (_google_protobuf_Timestamp | null);
}

export interface GetStatusResponse__Output {
  'version': (string);
  'instance': (string);
  'uptimeSeconds': (number);
  'agents': (_snoopy_v1_AgentStatus__Output)[];
  'flowsPerSecond': (number);
  'connections': (number);
  'subscribers': (number);
  'lost': (_snoopy_v1_Loss__Output)[];
  'hints': (string)[];
  'flowsKept': (number);
  'oldestFlow': (_google_protobuf_Timestamp__Output | null);
}
