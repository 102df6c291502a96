// Original file: proto/snoopy/v1/flow.proto

import type { Loss as _snoopy_v1_Loss, Loss__Output as _snoopy_v1_Loss__Output } from '../../snoopy/v1/Loss.js';
import type { PodRef as _snoopy_v1_PodRef, PodRef__Output as _snoopy_v1_PodRef__Output } from '../../snoopy/v1/PodRef.js';
import type { Long } from '@grpc/proto-loader';

export interface FlowBatch {
  'epoch'?: (number | string | Long);
  'firstSequence'?: (number | string | Long);
  'rows'?: (number);
  'lost'?: (_snoopy_v1_Loss)[];
  'pods'?: (_snoopy_v1_PodRef)[];
  'addressesV4'?: (Buffer | Uint8Array | string);
  'addressesV6'?: (Buffer | Uint8Array | string);
  'names'?: (string)[];
  'baseUs'?: (number | string | Long);
  'pod'?: (number)[];
  'lastUs'?: (number)[];
  'durationUs'?: (number)[];
  'protocol'?: (number)[];
  'state'?: (number)[];
  'localAddress'?: (number)[];
  'peerAddress'?: (number)[];
  'localPort'?: (number)[];
  'peerPort'?: (number)[];
  'sentPackets'?: (number)[];
  'receivedPackets'?: (number)[];
  'sentBytes'?: (number | string | Long)[];
  'receivedBytes'?: (number | string | Long)[];
  'sentPayload'?: (number | string | Long)[];
  'receivedPayload'?: (number | string | Long)[];
  'sentSegments'?: (number)[];
  'receivedSegments'?: (number)[];
  'clientIsn'?: (number)[];
  'serverIsn'?: (number)[];
  'extraRow'?: (number)[];
  'extraField'?: (number)[];
  'extraValue'?: (number | string | Long)[];
  'dnsRow'?: (number)[];
  'dnsName'?: (number)[];
  'dnsType'?: (number)[];
  'dnsRcode'?: (number)[];
  'dnsLatencyUs'?: (number)[];
}

export interface FlowBatch__Output {
  'epoch': (number);
  'firstSequence': (number);
  'rows': (number);
  'lost': (_snoopy_v1_Loss__Output)[];
  'pods': (_snoopy_v1_PodRef__Output)[];
  'addressesV4': (Buffer);
  'addressesV6': (Buffer);
  'names': (string)[];
  'baseUs': (number);
  'pod': (number)[];
  'lastUs': (number)[];
  'durationUs': (number)[];
  'protocol': (number)[];
  'state': (number)[];
  'localAddress': (number)[];
  'peerAddress': (number)[];
  'localPort': (number)[];
  'peerPort': (number)[];
  'sentPackets': (number)[];
  'receivedPackets': (number)[];
  'sentBytes': (number)[];
  'receivedBytes': (number)[];
  'sentPayload': (number)[];
  'receivedPayload': (number)[];
  'sentSegments': (number)[];
  'receivedSegments': (number)[];
  'clientIsn': (number)[];
  'serverIsn': (number)[];
  'extraRow': (number)[];
  'extraField': (number)[];
  'extraValue': (number)[];
  'dnsRow': (number)[];
  'dnsName': (number)[];
  'dnsType': (number)[];
  'dnsRcode': (number)[];
  'dnsLatencyUs': (number)[];
}
