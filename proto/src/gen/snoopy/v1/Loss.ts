// Original file: proto/snoopy/v1/flow.proto

import type { LossUnit as _snoopy_v1_LossUnit, LossUnit__Output as _snoopy_v1_LossUnit__Output } from '../../snoopy/v1/LossUnit.js';
import type { Long } from '@grpc/proto-loader';

export interface Loss {
  'node'?: (string);
  'stage'?: (string);
  'reason'?: (string);
  'count'?: (number | string | Long);
  'unit'?: (_snoopy_v1_LossUnit);
}

export interface Loss__Output {
  'node': (string);
  'stage': (string);
  'reason': (string);
  'count': (number);
  'unit': (_snoopy_v1_LossUnit__Output);
}
