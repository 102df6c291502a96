// Original file: proto/snoopy/v1/observer.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.js';
import type { AgentReport as _snoopy_v1_AgentReport, AgentReport__Output as _snoopy_v1_AgentReport__Output } from '../../snoopy/v1/AgentReport.js';
import type { Pod as _snoopy_v1_Pod, Pod__Output as _snoopy_v1_Pod__Output } from '../../snoopy/v1/Pod.js';
import type { Long } from '@grpc/proto-loader';

export interface AgentStatus {
  'name'?: (string);
  'version'?: (string);
  'epoch'?: (number | string | Long);
  'connected'?: (boolean);
  'lastSeen'?: (_google_protobuf_Timestamp | null);
  'clockOffsetSeconds'?: (number | string);
  'clockErrorSeconds'?: (number | string);
  'recordsPerSecond'?: (number | string);
  'report'?: (_snoopy_v1_AgentReport | null);
  'pods'?: (_snoopy_v1_Pod)[];
}

export interface AgentStatus__Output {
  'name': (string);
  'version': (string);
  'epoch': (number);
  'connected': (boolean);
  'lastSeen': (_google_protobuf_Timestamp__Output | null);
  'clockOffsetSeconds': (number);
  'clockErrorSeconds': (number);
  'recordsPerSecond': (number);
  'report': (_snoopy_v1_AgentReport__Output | null);
  'pods': (_snoopy_v1_Pod__Output)[];
}
