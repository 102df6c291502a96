// Original file: proto/snoopy/v1/observer.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetFlowsRequest as _snoopy_v1_GetFlowsRequest, GetFlowsRequest__Output as _snoopy_v1_GetFlowsRequest__Output } from '../../snoopy/v1/GetFlowsRequest.js';
import type { GetFlowsResponse as _snoopy_v1_GetFlowsResponse, GetFlowsResponse__Output as _snoopy_v1_GetFlowsResponse__Output } from '../../snoopy/v1/GetFlowsResponse.js';
import type { GetStatusRequest as _snoopy_v1_GetStatusRequest, GetStatusRequest__Output as _snoopy_v1_GetStatusRequest__Output } from '../../snoopy/v1/GetStatusRequest.js';
import type { GetStatusResponse as _snoopy_v1_GetStatusResponse, GetStatusResponse__Output as _snoopy_v1_GetStatusResponse__Output } from '../../snoopy/v1/GetStatusResponse.js';

export interface ObserverClient extends grpc.Client {
  GetFlows(argument: _snoopy_v1_GetFlowsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_snoopy_v1_GetFlowsResponse__Output>;
  GetFlows(argument: _snoopy_v1_GetFlowsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_snoopy_v1_GetFlowsResponse__Output>;
  getFlows(argument: _snoopy_v1_GetFlowsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_snoopy_v1_GetFlowsResponse__Output>;
  getFlows(argument: _snoopy_v1_GetFlowsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_snoopy_v1_GetFlowsResponse__Output>;
  
  GetStatus(argument: _snoopy_v1_GetStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snoopy_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _snoopy_v1_GetStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_snoopy_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _snoopy_v1_GetStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_snoopy_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _snoopy_v1_GetStatusRequest, callback: grpc.requestCallback<_snoopy_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _snoopy_v1_GetStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snoopy_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _snoopy_v1_GetStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_snoopy_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _snoopy_v1_GetStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_snoopy_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _snoopy_v1_GetStatusRequest, callback: grpc.requestCallback<_snoopy_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface ObserverHandlers extends grpc.UntypedServiceImplementation {
  GetFlows: grpc.handleServerStreamingCall<_snoopy_v1_GetFlowsRequest__Output, _snoopy_v1_GetFlowsResponse>;
  
  GetStatus: grpc.handleUnaryCall<_snoopy_v1_GetStatusRequest__Output, _snoopy_v1_GetStatusResponse>;
  
}

export interface ObserverDefinition extends grpc.ServiceDefinition {
  GetFlows: MethodDefinition<_snoopy_v1_GetFlowsRequest, _snoopy_v1_GetFlowsResponse, _snoopy_v1_GetFlowsRequest__Output, _snoopy_v1_GetFlowsResponse__Output>
  GetStatus: MethodDefinition<_snoopy_v1_GetStatusRequest, _snoopy_v1_GetStatusResponse, _snoopy_v1_GetStatusRequest__Output, _snoopy_v1_GetStatusResponse__Output>
}
