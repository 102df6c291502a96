// Original file: proto/snoopy/v1/agent.proto

import type { Hello as _snoopy_v1_Hello, Hello__Output as _snoopy_v1_Hello__Output } from '../../snoopy/v1/Hello.js';
import type { PodsReport as _snoopy_v1_PodsReport, PodsReport__Output as _snoopy_v1_PodsReport__Output } from '../../snoopy/v1/PodsReport.js';
import type { TaskReport as _snoopy_v1_TaskReport, TaskReport__Output as _snoopy_v1_TaskReport__Output } from '../../snoopy/v1/TaskReport.js';
import type { AgentReport as _snoopy_v1_AgentReport, AgentReport__Output as _snoopy_v1_AgentReport__Output } from '../../snoopy/v1/AgentReport.js';
import type { ClockReply as _snoopy_v1_ClockReply, ClockReply__Output as _snoopy_v1_ClockReply__Output } from '../../snoopy/v1/ClockReply.js';
import type { Renewal as _snoopy_v1_Renewal, Renewal__Output as _snoopy_v1_Renewal__Output } from '../../snoopy/v1/Renewal.js';

export interface ControlRequest {
  'hello'?: (_snoopy_v1_Hello | null);
  'pods'?: (_snoopy_v1_PodsReport | null);
  'task'?: (_snoopy_v1_TaskReport | null);
  'report'?: (_snoopy_v1_AgentReport | null);
  'clock'?: (_snoopy_v1_ClockReply | null);
  'renewal'?: (_snoopy_v1_Renewal | null);
  'message'?: "hello"|"pods"|"task"|"report"|"clock"|"renewal";
}

export interface ControlRequest__Output {
  'hello'?: (_snoopy_v1_Hello__Output | null);
  'pods'?: (_snoopy_v1_PodsReport__Output | null);
  'task'?: (_snoopy_v1_TaskReport__Output | null);
  'report'?: (_snoopy_v1_AgentReport__Output | null);
  'clock'?: (_snoopy_v1_ClockReply__Output | null);
  'renewal'?: (_snoopy_v1_Renewal__Output | null);
  'message'?: "hello"|"pods"|"task"|"report"|"clock"|"renewal";
}
