// Original file: proto/fennec/data_endpoint.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { PodData as _protobuf_PodData, PodData__Output as _protobuf_PodData__Output } from '../protobuf/PodData.js';
import type { Response as _protobuf_Response, Response__Output as _protobuf_Response__Output } from '../protobuf/Response.js';

export interface DataEndpointClient extends grpc.Client {
  ExportPodData(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_protobuf_PodData, _protobuf_Response__Output>;
  ExportPodData(options?: grpc.CallOptions): grpc.ClientDuplexStream<_protobuf_PodData, _protobuf_Response__Output>;
  exportPodData(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_protobuf_PodData, _protobuf_Response__Output>;
  exportPodData(options?: grpc.CallOptions): grpc.ClientDuplexStream<_protobuf_PodData, _protobuf_Response__Output>;
  
}

export interface DataEndpointHandlers extends grpc.UntypedServiceImplementation {
  ExportPodData: grpc.handleBidiStreamingCall<_protobuf_PodData__Output, _protobuf_Response>;
  
}

export interface DataEndpointDefinition extends grpc.ServiceDefinition {
  ExportPodData: MethodDefinition<_protobuf_PodData, _protobuf_Response, _protobuf_PodData__Output, _protobuf_Response__Output>
}
