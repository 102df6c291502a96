/** The messages of the contract as the other side sends them (`X__Output`: every field there) and as we may write them (`X`). */

export type { PodData__Output as PodData } from './gen/protobuf/PodData.js';
export type {
  AgentReport as AgentReportMessage,
  AgentReport__Output as AgentReport,
} from './gen/snoopy/v1/AgentReport.js';
export type {
  AgentStatus as AgentStatusMessage,
  AgentStatus__Output as AgentStatus,
} from './gen/snoopy/v1/AgentStatus.js';
export type {
  CaptureProgress as CaptureProgressMessage,
  CaptureProgress__Output as CaptureProgress,
} from './gen/snoopy/v1/CaptureProgress.js';
export type {
  CaptureRequest as CaptureRequestMessage,
  CaptureRequest__Output as CaptureRequest,
} from './gen/snoopy/v1/CaptureRequest.js';
export type {
  CaptureResponse as CaptureResponseMessage,
  CaptureResponse__Output as CaptureResponse,
} from './gen/snoopy/v1/CaptureResponse.js';
export type {
  CaptureStart as CaptureStartMessage,
  CaptureStart__Output as CaptureStart,
} from './gen/snoopy/v1/CaptureStart.js';
export type {
  CaptureStop as CaptureStopMessage,
  CaptureStop__Output as CaptureStop,
} from './gen/snoopy/v1/CaptureStop.js';
export type {
  CaptureTarget as CaptureTargetMessage,
  CaptureTarget__Output as CaptureTarget,
} from './gen/snoopy/v1/CaptureTarget.js';
export type {
  CaptureTask as CaptureTaskMessage,
  CaptureTask__Output as CaptureTask,
} from './gen/snoopy/v1/CaptureTask.js';
export type {
  ClockProbe as ClockProbeMessage,
  ClockProbe__Output as ClockProbe,
} from './gen/snoopy/v1/ClockProbe.js';
export type {
  ClockReply as ClockReplyMessage,
  ClockReply__Output as ClockReply,
} from './gen/snoopy/v1/ClockReply.js';
export type { Closed__Output as ClosedName } from './gen/snoopy/v1/Closed.js';
export type {
  ControlRequest as ControlRequestMessage,
  ControlRequest__Output as ControlRequest,
} from './gen/snoopy/v1/ControlRequest.js';
export type {
  ControlResponse as ControlResponseMessage,
  ControlResponse__Output as ControlResponse,
} from './gen/snoopy/v1/ControlResponse.js';
export type { Counted__Output as CountedName } from './gen/snoopy/v1/Counted.js';
export type { Counters as CountersMessage, Counters__Output as Counters } from './gen/snoopy/v1/Counters.js';
export type { Dns as DnsMessage, Dns__Output as Dns } from './gen/snoopy/v1/Dns.js';
export type { EmitReason__Output as EmitReasonName } from './gen/snoopy/v1/EmitReason.js';
export type { Endpoint as EndpointMessage, Endpoint__Output as Endpoint } from './gen/snoopy/v1/Endpoint.js';
export type { Flow as FlowMessage, Flow__Output as Flow } from './gen/snoopy/v1/Flow.js';
export type { FlowAck as FlowAckMessage, FlowAck__Output as FlowAck } from './gen/snoopy/v1/FlowAck.js';
export type {
  FlowBatch as FlowBatchMessage,
  FlowBatch__Output as FlowBatch,
} from './gen/snoopy/v1/FlowBatch.js';
export type {
  FlowFilter as FlowFilterMessage,
  FlowFilter__Output as FlowFilter,
} from './gen/snoopy/v1/FlowFilter.js';
export type {
  GetFlowsRequest as GetFlowsRequestMessage,
  GetFlowsRequest__Output as GetFlowsRequest,
} from './gen/snoopy/v1/GetFlowsRequest.js';
export type {
  GetFlowsResponse as GetFlowsResponseMessage,
  GetFlowsResponse__Output as GetFlowsResponse,
} from './gen/snoopy/v1/GetFlowsResponse.js';
export type {
  GetStatusRequest as GetStatusRequestMessage,
  GetStatusRequest__Output as GetStatusRequest,
} from './gen/snoopy/v1/GetStatusRequest.js';
export type {
  GetStatusResponse as GetStatusResponseMessage,
  GetStatusResponse__Output as GetStatusResponse,
} from './gen/snoopy/v1/GetStatusResponse.js';
export type { Hello as HelloMessage, Hello__Output as Hello } from './gen/snoopy/v1/Hello.js';
export type { Initiator__Output as InitiatorName } from './gen/snoopy/v1/Initiator.js';
export type { Job as JobMessage, Job__Output as Job } from './gen/snoopy/v1/Job.js';
export type { JobRun as JobRunMessage, JobRun__Output as JobRun } from './gen/snoopy/v1/JobRun.js';
export type {
  JobTarget as JobTargetMessage,
  JobTarget__Output as JobTarget,
} from './gen/snoopy/v1/JobTarget.js';
export type {
  ListJobsRequest as ListJobsRequestMessage,
  ListJobsRequest__Output as ListJobsRequest,
} from './gen/snoopy/v1/ListJobsRequest.js';
export type {
  ListJobsResponse as ListJobsResponseMessage,
  ListJobsResponse__Output as ListJobsResponse,
} from './gen/snoopy/v1/ListJobsResponse.js';
export type { Loss as LossMessage, Loss__Output as Loss } from './gen/snoopy/v1/Loss.js';
export type { LossUnit__Output as LossUnitName } from './gen/snoopy/v1/LossUnit.js';
export type { Outcome__Output as OutcomeName } from './gen/snoopy/v1/Outcome.js';
export type {
  PacketAck as PacketAckMessage,
  PacketAck__Output as PacketAck,
} from './gen/snoopy/v1/PacketAck.js';
export type {
  PacketChunk as PacketChunkMessage,
  PacketChunk__Output as PacketChunk,
} from './gen/snoopy/v1/PacketChunk.js';
export type { Pod as PodMessage, Pod__Output as Pod } from './gen/snoopy/v1/Pod.js';
export type {
  PodsReport as PodsReportMessage,
  PodsReport__Output as PodsReport,
} from './gen/snoopy/v1/PodsReport.js';
export type {
  ReadFileRequest as ReadFileRequestMessage,
  ReadFileRequest__Output as ReadFileRequest,
} from './gen/snoopy/v1/ReadFileRequest.js';
export type {
  ReadFileResponse as ReadFileResponseMessage,
  ReadFileResponse__Output as ReadFileResponse,
} from './gen/snoopy/v1/ReadFileResponse.js';
export type {
  RunOutput as RunOutputMessage,
  RunOutput__Output as RunOutput,
} from './gen/snoopy/v1/RunOutput.js';
export type {
  RunProgress as RunProgressMessage,
  RunProgress__Output as RunProgress,
} from './gen/snoopy/v1/RunProgress.js';
export type {
  RunRequest as RunRequestMessage,
  RunRequest__Output as RunRequest,
} from './gen/snoopy/v1/RunRequest.js';
export type {
  RunResponse as RunResponseMessage,
  RunResponse__Output as RunResponse,
} from './gen/snoopy/v1/RunResponse.js';
export type { RunStart as RunStartMessage, RunStart__Output as RunStart } from './gen/snoopy/v1/RunStart.js';
export type {
  RunTarget as RunTargetMessage,
  RunTarget__Output as RunTarget,
} from './gen/snoopy/v1/RunTarget.js';
export type { RunTask as RunTaskMessage, RunTask__Output as RunTask } from './gen/snoopy/v1/RunTask.js';
export type {
  Selection as SelectionMessage,
  Selection__Output as Selection,
} from './gen/snoopy/v1/Selection.js';
export type { StopTask as StopTaskMessage, StopTask__Output as StopTask } from './gen/snoopy/v1/StopTask.js';
export type {
  TargetReport as TargetReportMessage,
  TargetReport__Output as TargetReport,
} from './gen/snoopy/v1/TargetReport.js';
export type { Task as TaskMessage, Task__Output as Task } from './gen/snoopy/v1/Task.js';
export type {
  TaskReport as TaskReportMessage,
  TaskReport__Output as TaskReport,
} from './gen/snoopy/v1/TaskReport.js';
export type { TaskState__Output as TaskStateName } from './gen/snoopy/v1/TaskState.js';
export type { Translation__Output as TranslationName } from './gen/snoopy/v1/Translation.js';
export type { Vantage__Output as VantageName } from './gen/snoopy/v1/Vantage.js';
export type { View as ViewMessage, View__Output as View } from './gen/snoopy/v1/View.js';
export type { WatchState__Output as WatchStateName } from './gen/snoopy/v1/WatchState.js';
export type { Welcome as WelcomeMessage, Welcome__Output as Welcome } from './gen/snoopy/v1/Welcome.js';
