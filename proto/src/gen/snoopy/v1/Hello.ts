// Original file: proto/snoopy/v1/agent.proto

import type { TaskReport as _snoopy_v1_TaskReport, TaskReport__Output as _snoopy_v1_TaskReport__Output } from '../../snoopy/v1/TaskReport.js';
import type { Long } from '@grpc/proto-loader';

export interface Hello {
  'agent'?: (string);
  'epoch'?: (number | string | Long);
  'version'?: (string);
  'clockUs'?: (number | string | Long);
  'tasks'?: (_snoopy_v1_TaskReport)[];
  'nextSequence'?: (number | string | Long);
  'selector'?: (string);
  'namespaces'?: (string)[];
}

export interface Hello__Output {
  'agent': (string);
  'epoch': (number);
  'version': (string);
  'clockUs': (number);
  'tasks': (_snoopy_v1_TaskReport__Output)[];
  'nextSequence': (number);
  'selector': (string);
  'namespaces': (string)[];
}
