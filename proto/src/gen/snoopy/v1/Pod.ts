// Original file: proto/snoopy/v1/agent.proto

import type { WatchState as _snoopy_v1_WatchState, WatchState__Output as _snoopy_v1_WatchState__Output } from '../../snoopy/v1/WatchState.js';
import type { Long } from '@grpc/proto-loader';

export interface Pod {
  'uid'?: (string);
  'namespace'?: (string);
  'name'?: (string);
  'labels'?: ({[key: string]: string});
  'ips'?: (string)[];
  'hostNetwork'?: (boolean);
  'selected'?: (boolean);
  'state'?: (_snoopy_v1_WatchState);
  'reason'?: (string);
  'interfaces'?: (string)[];
  'createdUs'?: (number | string | Long);
}

export interface Pod__Output {
  'uid': (string);
  'namespace': (string);
  'name': (string);
  'labels': ({[key: string]: string});
  'ips': (string)[];
  'hostNetwork': (boolean);
  'selected': (boolean);
  'state': (_snoopy_v1_WatchState__Output);
  'reason': (string);
  'interfaces': (string)[];
  'createdUs': (number);
}
