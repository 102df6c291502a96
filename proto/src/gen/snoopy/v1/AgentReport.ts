// Original file: proto/snoopy/v1/agent.proto

import type { Loss as _snoopy_v1_Loss, Loss__Output as _snoopy_v1_Loss__Output } from '../../snoopy/v1/Loss.js';
import type { Long } from '@grpc/proto-loader';

export interface AgentReport {
  'rowsSeen'?: (number | string | Long);
  'rowsDelivered'?: (number | string | Long);
  'rowsQueued'?: (number | string | Long);
  'rowsLost'?: (number | string | Long);
  'packets'?: (number | string | Long);
  'flows'?: (number);
  'packetRings'?: (number);
  'packetRingsMax'?: (number);
  'lost'?: (_snoopy_v1_Loss)[];
  'countedBy'?: (string);
}

export interface AgentReport__Output {
  'rowsSeen': (number);
  'rowsDelivered': (number);
  'rowsQueued': (number);
  'rowsLost': (number);
  'packets': (number);
  'flows': (number);
  'packetRings': (number);
  'packetRingsMax': (number);
  'lost': (_snoopy_v1_Loss__Output)[];
  'countedBy': (string);
}
