// Original file: proto/snoopy/v1/agent.proto

import type { TaskState as _snoopy_v1_TaskState, TaskState__Output as _snoopy_v1_TaskState__Output } from '../../snoopy/v1/TaskState.js';
import type { Long } from '@grpc/proto-loader';

export interface TargetReport {
  'podUid'?: (string);
  'interface'?: (string);
  'state'?: (_snoopy_v1_TaskState);
  'error'?: (string);
  'packets'?: (number | string | Long);
  'bytes'?: (number | string | Long);
  'kernelDropped'?: (number | string | Long);
  'agentDropped'?: (number | string | Long);
  'exitCode'?: (number);
}

export interface TargetReport__Output {
  'podUid': (string);
  'interface': (string);
  'state': (_snoopy_v1_TaskState__Output);
  'error': (string);
  'packets': (number);
  'bytes': (number);
  'kernelDropped': (number);
  'agentDropped': (number);
  'exitCode': (number);
}
