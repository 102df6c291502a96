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
  'kinds'?: (number)[];
  'baseUs'?: (number | string | Long);
  'kind'?: (number)[];
  'lastUs'?: (number | string | Long)[];
  'pod'?: (number)[];
  'localAddress'?: (number)[];
  'peerAddress'?: (number)[];
  'servicePort'?: (number)[];
  'sentPackets'?: (number)[];
  'receivedPackets'?: (number)[];
  'sentEmpty'?: (number | string | Long)[];
  'receivedEmpty'?: (number | string | Long)[];
  'sentOverhead'?: (number | string | Long)[];
  'receivedOverhead'?: (number | string | Long)[];
  'sentPayload'?: (number | string | Long)[];
  'receivedPayload'?: (number | string | Long)[];
  'durationUs'?: (number)[];
  'clientPort'?: (Buffer | Uint8Array | string);
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
  'serial'?: (number | string | Long);
  'answerDns'?: (number)[];
  'answerAddress'?: (number)[];
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
  'kinds': (number)[];
  'baseUs': (number);
  'kind': (number)[];
  'lastUs': (number)[];
  'pod': (number)[];
  'localAddress': (number)[];
  'peerAddress': (number)[];
  'servicePort': (number)[];
  'sentPackets': (number)[];
  'receivedPackets': (number)[];
  'sentEmpty': (number)[];
  'receivedEmpty': (number)[];
  'sentOverhead': (number)[];
  'receivedOverhead': (number)[];
  'sentPayload': (number)[];
  'receivedPayload': (number)[];
  'durationUs': (number)[];
  'clientPort': (Buffer);
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
  'serial': (number);
  'answerDns': (number)[];
  'answerAddress': (number)[];
}
