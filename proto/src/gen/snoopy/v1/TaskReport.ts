// Original file: proto/snoopy/v1/agent.proto

import type { TaskState as _snoopy_v1_TaskState, TaskState__Output as _snoopy_v1_TaskState__Output } from '../../snoopy/v1/TaskState.js';
import type { TargetReport as _snoopy_v1_TargetReport, TargetReport__Output as _snoopy_v1_TargetReport__Output } from '../../snoopy/v1/TargetReport.js';

export interface TaskReport {
  'id'?: (string);
  'state'?: (_snoopy_v1_TaskState);
  'targets'?: (_snoopy_v1_TargetReport)[];
}

export interface TaskReport__Output {
  'id': (string);
  'state': (_snoopy_v1_TaskState__Output);
  'targets': (_snoopy_v1_TargetReport__Output)[];
}
