// Original file: proto/snoopy/v1/observer.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.js';
import type { Endpoint as _snoopy_v1_Endpoint, Endpoint__Output as _snoopy_v1_Endpoint__Output } from '../../snoopy/v1/Endpoint.js';
import type { Initiator as _snoopy_v1_Initiator, Initiator__Output as _snoopy_v1_Initiator__Output } from '../../snoopy/v1/Initiator.js';
import type { Outcome as _snoopy_v1_Outcome, Outcome__Output as _snoopy_v1_Outcome__Output } from '../../snoopy/v1/Outcome.js';
import type { Closed as _snoopy_v1_Closed, Closed__Output as _snoopy_v1_Closed__Output } from '../../snoopy/v1/Closed.js';
import type { Counters as _snoopy_v1_Counters, Counters__Output as _snoopy_v1_Counters__Output } from '../../snoopy/v1/Counters.js';
import type { Dns as _snoopy_v1_Dns, Dns__Output as _snoopy_v1_Dns__Output } from '../../snoopy/v1/Dns.js';
import type { View as _snoopy_v1_View, View__Output as _snoopy_v1_View__Output } from '../../snoopy/v1/View.js';
import type { Translation as _snoopy_v1_Translation, Translation__Output as _snoopy_v1_Translation__Output } from '../../snoopy/v1/Translation.js';
import type { Vantage as _snoopy_v1_Vantage, Vantage__Output as _snoopy_v1_Vantage__Output } from '../../snoopy/v1/Vantage.js';
import type { Long } from '@grpc/proto-loader';

export interface Flow {
  'time'?: (_google_protobuf_Timestamp | null);
  'durationSeconds'?: (number | string);
  'protocol'?: (string);
  'source'?: (_snoopy_v1_Endpoint | null);
  'destination'?: (_snoopy_v1_Endpoint | null);
  'initiator'?: (_snoopy_v1_Initiator);
  'opened'?: (boolean);
  'outcome'?: (_snoopy_v1_Outcome);
  'outcomeFinal'?: (boolean);
  'closed'?: (_snoopy_v1_Closed);
  'request'?: (_snoopy_v1_Counters | null);
  'reply'?: (_snoopy_v1_Counters | null);
  'handshakeSeconds'?: (number | string);
  'dns'?: (_snoopy_v1_Dns)[];
  'views'?: (_snoopy_v1_View)[];
  'partial'?: (boolean);
  'rttSeconds'?: (number | string);
  'icmpType'?: (number);
  'icmpCode'?: (number);
  'translation'?: (_snoopy_v1_Translation);
  'syns'?: (number);
  'resetBy'?: (_snoopy_v1_Vantage);
  'resetAfterRequestBytes'?: (number | string | Long);
  'resetAfterReplyBytes'?: (number | string | Long);
  'tlsServerName'?: (string);
}

export interface Flow__Output {
  'time': (_google_protobuf_Timestamp__Output | null);
  'durationSeconds': (number);
  'protocol': (string);
  'source': (_snoopy_v1_Endpoint__Output | null);
  'destination': (_snoopy_v1_Endpoint__Output | null);
  'initiator': (_snoopy_v1_Initiator__Output);
  'opened': (boolean);
  'outcome': (_snoopy_v1_Outcome__Output);
  'outcomeFinal': (boolean);
  'closed': (_snoopy_v1_Closed__Output);
  'request': (_snoopy_v1_Counters__Output | null);
  'reply': (_snoopy_v1_Counters__Output | null);
  'handshakeSeconds': (number);
  'dns': (_snoopy_v1_Dns__Output)[];
  'views': (_snoopy_v1_View__Output)[];
  'partial': (boolean);
  'rttSeconds': (number);
  'icmpType': (number);
  'icmpCode': (number);
  'translation': (_snoopy_v1_Translation__Output);
  'syns': (number);
  'resetBy': (_snoopy_v1_Vantage__Output);
  'resetAfterRequestBytes': (number);
  'resetAfterReplyBytes': (number);
  'tlsServerName': (string);
}
