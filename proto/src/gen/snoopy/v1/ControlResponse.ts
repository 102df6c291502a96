// Original file: proto/snoopy/v1/agent.proto

import type { Welcome as _snoopy_v1_Welcome, Welcome__Output as _snoopy_v1_Welcome__Output } from '../../snoopy/v1/Welcome.js';
import type { ClockProbe as _snoopy_v1_ClockProbe, ClockProbe__Output as _snoopy_v1_ClockProbe__Output } from '../../snoopy/v1/ClockProbe.js';
import type { Task as _snoopy_v1_Task, Task__Output as _snoopy_v1_Task__Output } from '../../snoopy/v1/Task.js';
import type { StopTask as _snoopy_v1_StopTask, StopTask__Output as _snoopy_v1_StopTask__Output } from '../../snoopy/v1/StopTask.js';
import type { Selection as _snoopy_v1_Selection, Selection__Output as _snoopy_v1_Selection__Output } from '../../snoopy/v1/Selection.js';

export interface ControlResponse {
  'welcome'?: (_snoopy_v1_Welcome | null);
  'clock'?: (_snoopy_v1_ClockProbe | null);
  'start'?: (_snoopy_v1_Task | null);
  'stop'?: (_snoopy_v1_StopTask | null);
  'selection'?: (_snoopy_v1_Selection | null);
  'message'?: "welcome"|"clock"|"start"|"stop"|"selection";
}

export interface ControlResponse__Output {
  'welcome'?: (_snoopy_v1_Welcome__Output | null);
  'clock'?: (_snoopy_v1_ClockProbe__Output | null);
  'start'?: (_snoopy_v1_Task__Output | null);
  'stop'?: (_snoopy_v1_StopTask__Output | null);
  'selection'?: (_snoopy_v1_Selection__Output | null);
  'message'?: "welcome"|"clock"|"start"|"stop"|"selection";
}
