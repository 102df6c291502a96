// Original file: proto/snoopy/v1/observer.proto

import type { Vantage as _snoopy_v1_Vantage, Vantage__Output as _snoopy_v1_Vantage__Output } from '../../snoopy/v1/Vantage.js';
import type { Counted as _snoopy_v1_Counted, Counted__Output as _snoopy_v1_Counted__Output } from '../../snoopy/v1/Counted.js';
import type { EmitReason as _snoopy_v1_EmitReason, EmitReason__Output as _snoopy_v1_EmitReason__Output } from '../../snoopy/v1/EmitReason.js';
import type { Counters as _snoopy_v1_Counters, Counters__Output as _snoopy_v1_Counters__Output } from '../../snoopy/v1/Counters.js';
import type { Long } from '@grpc/proto-loader';

export interface View {
  'agent'?: (string);
  'epoch'?: (number | string | Long);
  'sequence'?: (number | string | Long);
  'vantage'?: (_snoopy_v1_Vantage);
  'counted'?: (_snoopy_v1_Counted);
  'reason'?: (_snoopy_v1_EmitReason);
  'sent'?: (_snoopy_v1_Counters | null);
  'received'?: (_snoopy_v1_Counters | null);
  'interface'?: (string);
  'sourceIp'?: (string);
  'sourcePort'?: (number);
  'destinationIp'?: (string);
  'destinationPort'?: (number);
}

export interface View__Output {
  'agent': (string);
  'epoch': (number);
  'sequence': (number);
  'vantage': (_snoopy_v1_Vantage__Output);
  'counted': (_snoopy_v1_Counted__Output);
  'reason': (_snoopy_v1_EmitReason__Output);
  'sent': (_snoopy_v1_Counters__Output | null);
  'received': (_snoopy_v1_Counters__Output | null);
  'interface': (string);
  'sourceIp': (string);
  'sourcePort': (number);
  'destinationIp': (string);
  'destinationPort': (number);
}
