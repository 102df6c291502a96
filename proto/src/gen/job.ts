import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.js';
import type { Job as _snoopy_v1_Job, Job__Output as _snoopy_v1_Job__Output } from './snoopy/v1/Job.js';
import type { JobRun as _snoopy_v1_JobRun, JobRun__Output as _snoopy_v1_JobRun__Output } from './snoopy/v1/JobRun.js';
import type { JobTarget as _snoopy_v1_JobTarget, JobTarget__Output as _snoopy_v1_JobTarget__Output } from './snoopy/v1/JobTarget.js';
import type { JobsClient as _snoopy_v1_JobsClient, JobsDefinition as _snoopy_v1_JobsDefinition } from './snoopy/v1/Jobs.js';
import type { ListJobsRequest as _snoopy_v1_ListJobsRequest, ListJobsRequest__Output as _snoopy_v1_ListJobsRequest__Output } from './snoopy/v1/ListJobsRequest.js';
import type { ListJobsResponse as _snoopy_v1_ListJobsResponse, ListJobsResponse__Output as _snoopy_v1_ListJobsResponse__Output } from './snoopy/v1/ListJobsResponse.js';
import type { ReadFileRequest as _snoopy_v1_ReadFileRequest, ReadFileRequest__Output as _snoopy_v1_ReadFileRequest__Output } from './snoopy/v1/ReadFileRequest.js';
import type { ReadFileResponse as _snoopy_v1_ReadFileResponse, ReadFileResponse__Output as _snoopy_v1_ReadFileResponse__Output } from './snoopy/v1/ReadFileResponse.js';
import type { RunOutput as _snoopy_v1_RunOutput, RunOutput__Output as _snoopy_v1_RunOutput__Output } from './snoopy/v1/RunOutput.js';
import type { RunProgress as _snoopy_v1_RunProgress, RunProgress__Output as _snoopy_v1_RunProgress__Output } from './snoopy/v1/RunProgress.js';
import type { RunRequest as _snoopy_v1_RunRequest, RunRequest__Output as _snoopy_v1_RunRequest__Output } from './snoopy/v1/RunRequest.js';
import type { RunResponse as _snoopy_v1_RunResponse, RunResponse__Output as _snoopy_v1_RunResponse__Output } from './snoopy/v1/RunResponse.js';
import type { RunStart as _snoopy_v1_RunStart, RunStart__Output as _snoopy_v1_RunStart__Output } from './snoopy/v1/RunStart.js';
import type { RunStop as _snoopy_v1_RunStop, RunStop__Output as _snoopy_v1_RunStop__Output } from './snoopy/v1/RunStop.js';
import type { RunTarget as _snoopy_v1_RunTarget, RunTarget__Output as _snoopy_v1_RunTarget__Output } from './snoopy/v1/RunTarget.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  google: {
    protobuf: {
      Timestamp: MessageTypeDefinition<_google_protobuf_Timestamp, _google_protobuf_Timestamp__Output>
    }
  }
  snoopy: {
    v1: {
      Job: MessageTypeDefinition<_snoopy_v1_Job, _snoopy_v1_Job__Output>
      JobRun: MessageTypeDefinition<_snoopy_v1_JobRun, _snoopy_v1_JobRun__Output>
      JobTarget: MessageTypeDefinition<_snoopy_v1_JobTarget, _snoopy_v1_JobTarget__Output>
      Jobs: SubtypeConstructor<typeof grpc.Client, _snoopy_v1_JobsClient> & { service: _snoopy_v1_JobsDefinition }
      ListJobsRequest: MessageTypeDefinition<_snoopy_v1_ListJobsRequest, _snoopy_v1_ListJobsRequest__Output>
      ListJobsResponse: MessageTypeDefinition<_snoopy_v1_ListJobsResponse, _snoopy_v1_ListJobsResponse__Output>
      ReadFileRequest: MessageTypeDefinition<_snoopy_v1_ReadFileRequest, _snoopy_v1_ReadFileRequest__Output>
      ReadFileResponse: MessageTypeDefinition<_snoopy_v1_ReadFileResponse, _snoopy_v1_ReadFileResponse__Output>
      RunOutput: MessageTypeDefinition<_snoopy_v1_RunOutput, _snoopy_v1_RunOutput__Output>
      RunProgress: MessageTypeDefinition<_snoopy_v1_RunProgress, _snoopy_v1_RunProgress__Output>
      RunRequest: MessageTypeDefinition<_snoopy_v1_RunRequest, _snoopy_v1_RunRequest__Output>
      RunResponse: MessageTypeDefinition<_snoopy_v1_RunResponse, _snoopy_v1_RunResponse__Output>
      RunStart: MessageTypeDefinition<_snoopy_v1_RunStart, _snoopy_v1_RunStart__Output>
      RunStop: MessageTypeDefinition<_snoopy_v1_RunStop, _snoopy_v1_RunStop__Output>
      RunTarget: MessageTypeDefinition<_snoopy_v1_RunTarget, _snoopy_v1_RunTarget__Output>
    }
  }
}

