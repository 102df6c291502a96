import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { AgentLinkClient as _snoopy_v1_AgentLinkClient, AgentLinkDefinition as _snoopy_v1_AgentLinkDefinition } from './snoopy/v1/AgentLink.js';
import type { AgentReport as _snoopy_v1_AgentReport, AgentReport__Output as _snoopy_v1_AgentReport__Output } from './snoopy/v1/AgentReport.js';
import type { CaptureTask as _snoopy_v1_CaptureTask, CaptureTask__Output as _snoopy_v1_CaptureTask__Output } from './snoopy/v1/CaptureTask.js';
import type { ClockProbe as _snoopy_v1_ClockProbe, ClockProbe__Output as _snoopy_v1_ClockProbe__Output } from './snoopy/v1/ClockProbe.js';
import type { ClockReply as _snoopy_v1_ClockReply, ClockReply__Output as _snoopy_v1_ClockReply__Output } from './snoopy/v1/ClockReply.js';
import type { ControlRequest as _snoopy_v1_ControlRequest, ControlRequest__Output as _snoopy_v1_ControlRequest__Output } from './snoopy/v1/ControlRequest.js';
import type { ControlResponse as _snoopy_v1_ControlResponse, ControlResponse__Output as _snoopy_v1_ControlResponse__Output } from './snoopy/v1/ControlResponse.js';
import type { FlowAck as _snoopy_v1_FlowAck, FlowAck__Output as _snoopy_v1_FlowAck__Output } from './snoopy/v1/FlowAck.js';
import type { FlowBatch as _snoopy_v1_FlowBatch, FlowBatch__Output as _snoopy_v1_FlowBatch__Output } from './snoopy/v1/FlowBatch.js';
import type { Hello as _snoopy_v1_Hello, Hello__Output as _snoopy_v1_Hello__Output } from './snoopy/v1/Hello.js';
import type { Loss as _snoopy_v1_Loss, Loss__Output as _snoopy_v1_Loss__Output } from './snoopy/v1/Loss.js';
import type { PacketAck as _snoopy_v1_PacketAck, PacketAck__Output as _snoopy_v1_PacketAck__Output } from './snoopy/v1/PacketAck.js';
import type { PacketChunk as _snoopy_v1_PacketChunk, PacketChunk__Output as _snoopy_v1_PacketChunk__Output } from './snoopy/v1/PacketChunk.js';
import type { Pod as _snoopy_v1_Pod, Pod__Output as _snoopy_v1_Pod__Output } from './snoopy/v1/Pod.js';
import type { PodRef as _snoopy_v1_PodRef, PodRef__Output as _snoopy_v1_PodRef__Output } from './snoopy/v1/PodRef.js';
import type { PodsReport as _snoopy_v1_PodsReport, PodsReport__Output as _snoopy_v1_PodsReport__Output } from './snoopy/v1/PodsReport.js';
import type { Renewal as _snoopy_v1_Renewal, Renewal__Output as _snoopy_v1_Renewal__Output } from './snoopy/v1/Renewal.js';
import type { RunTask as _snoopy_v1_RunTask, RunTask__Output as _snoopy_v1_RunTask__Output } from './snoopy/v1/RunTask.js';
import type { Selection as _snoopy_v1_Selection, Selection__Output as _snoopy_v1_Selection__Output } from './snoopy/v1/Selection.js';
import type { StopTask as _snoopy_v1_StopTask, StopTask__Output as _snoopy_v1_StopTask__Output } from './snoopy/v1/StopTask.js';
import type { TargetReport as _snoopy_v1_TargetReport, TargetReport__Output as _snoopy_v1_TargetReport__Output } from './snoopy/v1/TargetReport.js';
import type { Task as _snoopy_v1_Task, Task__Output as _snoopy_v1_Task__Output } from './snoopy/v1/Task.js';
import type { TaskReport as _snoopy_v1_TaskReport, TaskReport__Output as _snoopy_v1_TaskReport__Output } from './snoopy/v1/TaskReport.js';
import type { Welcome as _snoopy_v1_Welcome, Welcome__Output as _snoopy_v1_Welcome__Output } from './snoopy/v1/Welcome.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  snoopy: {
    v1: {
      AgentLink: SubtypeConstructor<typeof grpc.Client, _snoopy_v1_AgentLinkClient> & { service: _snoopy_v1_AgentLinkDefinition }
      AgentReport: MessageTypeDefinition<_snoopy_v1_AgentReport, _snoopy_v1_AgentReport__Output>
      CaptureTask: MessageTypeDefinition<_snoopy_v1_CaptureTask, _snoopy_v1_CaptureTask__Output>
      ClockProbe: MessageTypeDefinition<_snoopy_v1_ClockProbe, _snoopy_v1_ClockProbe__Output>
      ClockReply: MessageTypeDefinition<_snoopy_v1_ClockReply, _snoopy_v1_ClockReply__Output>
      ControlRequest: MessageTypeDefinition<_snoopy_v1_ControlRequest, _snoopy_v1_ControlRequest__Output>
      ControlResponse: MessageTypeDefinition<_snoopy_v1_ControlResponse, _snoopy_v1_ControlResponse__Output>
      FlowAck: MessageTypeDefinition<_snoopy_v1_FlowAck, _snoopy_v1_FlowAck__Output>
      FlowBatch: MessageTypeDefinition<_snoopy_v1_FlowBatch, _snoopy_v1_FlowBatch__Output>
      Hello: MessageTypeDefinition<_snoopy_v1_Hello, _snoopy_v1_Hello__Output>
      Loss: MessageTypeDefinition<_snoopy_v1_Loss, _snoopy_v1_Loss__Output>
      LossUnit: EnumTypeDefinition
      PacketAck: MessageTypeDefinition<_snoopy_v1_PacketAck, _snoopy_v1_PacketAck__Output>
      PacketChunk: MessageTypeDefinition<_snoopy_v1_PacketChunk, _snoopy_v1_PacketChunk__Output>
      Pod: MessageTypeDefinition<_snoopy_v1_Pod, _snoopy_v1_Pod__Output>
      PodRef: MessageTypeDefinition<_snoopy_v1_PodRef, _snoopy_v1_PodRef__Output>
      PodsReport: MessageTypeDefinition<_snoopy_v1_PodsReport, _snoopy_v1_PodsReport__Output>
      Renewal: MessageTypeDefinition<_snoopy_v1_Renewal, _snoopy_v1_Renewal__Output>
      RunTask: MessageTypeDefinition<_snoopy_v1_RunTask, _snoopy_v1_RunTask__Output>
      Selection: MessageTypeDefinition<_snoopy_v1_Selection, _snoopy_v1_Selection__Output>
      StopTask: MessageTypeDefinition<_snoopy_v1_StopTask, _snoopy_v1_StopTask__Output>
      TargetReport: MessageTypeDefinition<_snoopy_v1_TargetReport, _snoopy_v1_TargetReport__Output>
      Task: MessageTypeDefinition<_snoopy_v1_Task, _snoopy_v1_Task__Output>
      TaskReport: MessageTypeDefinition<_snoopy_v1_TaskReport, _snoopy_v1_TaskReport__Output>
      TaskState: EnumTypeDefinition
      WatchState: EnumTypeDefinition
      Welcome: MessageTypeDefinition<_snoopy_v1_Welcome, _snoopy_v1_Welcome__Output>
    }
  }
}

