// Original file: proto/snoopy/v1/job.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ListJobsRequest as _snoopy_v1_ListJobsRequest, ListJobsRequest__Output as _snoopy_v1_ListJobsRequest__Output } from '../../snoopy/v1/ListJobsRequest.js';
import type { ListJobsResponse as _snoopy_v1_ListJobsResponse, ListJobsResponse__Output as _snoopy_v1_ListJobsResponse__Output } from '../../snoopy/v1/ListJobsResponse.js';
import type { ReadFileRequest as _snoopy_v1_ReadFileRequest, ReadFileRequest__Output as _snoopy_v1_ReadFileRequest__Output } from '../../snoopy/v1/ReadFileRequest.js';
import type { ReadFileResponse as _snoopy_v1_ReadFileResponse, ReadFileResponse__Output as _snoopy_v1_ReadFileResponse__Output } from '../../snoopy/v1/ReadFileResponse.js';
import type { RunRequest as _snoopy_v1_RunRequest, RunRequest__Output as _snoopy_v1_RunRequest__Output } from '../../snoopy/v1/RunRequest.js';
import type { RunResponse as _snoopy_v1_RunResponse, RunResponse__Output as _snoopy_v1_RunResponse__Output } from '../../snoopy/v1/RunResponse.js';

export interface JobsClient extends grpc.Client {
  ListJobs(argument: _snoopy_v1_ListJobsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snoopy_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  ListJobs(argument: _snoopy_v1_ListJobsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_snoopy_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  ListJobs(argument: _snoopy_v1_ListJobsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_snoopy_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  ListJobs(argument: _snoopy_v1_ListJobsRequest, callback: grpc.requestCallback<_snoopy_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  listJobs(argument: _snoopy_v1_ListJobsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snoopy_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  listJobs(argument: _snoopy_v1_ListJobsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_snoopy_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  listJobs(argument: _snoopy_v1_ListJobsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_snoopy_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  listJobs(argument: _snoopy_v1_ListJobsRequest, callback: grpc.requestCallback<_snoopy_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  
  ReadFile(argument: _snoopy_v1_ReadFileRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_snoopy_v1_ReadFileResponse__Output>;
  ReadFile(argument: _snoopy_v1_ReadFileRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_snoopy_v1_ReadFileResponse__Output>;
  readFile(argument: _snoopy_v1_ReadFileRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_snoopy_v1_ReadFileResponse__Output>;
  readFile(argument: _snoopy_v1_ReadFileRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_snoopy_v1_ReadFileResponse__Output>;
  
  Run(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_snoopy_v1_RunRequest, _snoopy_v1_RunResponse__Output>;
  Run(options?: grpc.CallOptions): grpc.ClientDuplexStream<_snoopy_v1_RunRequest, _snoopy_v1_RunResponse__Output>;
  run(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_snoopy_v1_RunRequest, _snoopy_v1_RunResponse__Output>;
  run(options?: grpc.CallOptions): grpc.ClientDuplexStream<_snoopy_v1_RunRequest, _snoopy_v1_RunResponse__Output>;
  
}

export interface JobsHandlers extends grpc.UntypedServiceImplementation {
  ListJobs: grpc.handleUnaryCall<_snoopy_v1_ListJobsRequest__Output, _snoopy_v1_ListJobsResponse>;
  
  ReadFile: grpc.handleServerStreamingCall<_snoopy_v1_ReadFileRequest__Output, _snoopy_v1_ReadFileResponse>;
  
  Run: grpc.handleBidiStreamingCall<_snoopy_v1_RunRequest__Output, _snoopy_v1_RunResponse>;
  
}

export interface JobsDefinition extends grpc.ServiceDefinition {
  ListJobs: MethodDefinition<_snoopy_v1_ListJobsRequest, _snoopy_v1_ListJobsResponse, _snoopy_v1_ListJobsRequest__Output, _snoopy_v1_ListJobsResponse__Output>
  ReadFile: MethodDefinition<_snoopy_v1_ReadFileRequest, _snoopy_v1_ReadFileResponse, _snoopy_v1_ReadFileRequest__Output, _snoopy_v1_ReadFileResponse__Output>
  Run: MethodDefinition<_snoopy_v1_RunRequest, _snoopy_v1_RunResponse, _snoopy_v1_RunRequest__Output, _snoopy_v1_RunResponse__Output>
}
