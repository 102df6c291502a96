// Original file: proto/snoopy/v1/capture.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CaptureRequest as _snoopy_v1_CaptureRequest, CaptureRequest__Output as _snoopy_v1_CaptureRequest__Output } from '../../snoopy/v1/CaptureRequest.js';
import type { CaptureResponse as _snoopy_v1_CaptureResponse, CaptureResponse__Output as _snoopy_v1_CaptureResponse__Output } from '../../snoopy/v1/CaptureResponse.js';

export interface CaptureClient extends grpc.Client {
  Capture(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_snoopy_v1_CaptureRequest, _snoopy_v1_CaptureResponse__Output>;
  Capture(options?: grpc.CallOptions): grpc.ClientDuplexStream<_snoopy_v1_CaptureRequest, _snoopy_v1_CaptureResponse__Output>;
  capture(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_snoopy_v1_CaptureRequest, _snoopy_v1_CaptureResponse__Output>;
  capture(options?: grpc.CallOptions): grpc.ClientDuplexStream<_snoopy_v1_CaptureRequest, _snoopy_v1_CaptureResponse__Output>;
  
}

export interface CaptureHandlers extends grpc.UntypedServiceImplementation {
  Capture: grpc.handleBidiStreamingCall<_snoopy_v1_CaptureRequest__Output, _snoopy_v1_CaptureResponse>;
  
}

export interface CaptureDefinition extends grpc.ServiceDefinition {
  Capture: MethodDefinition<_snoopy_v1_CaptureRequest, _snoopy_v1_CaptureResponse, _snoopy_v1_CaptureRequest__Output, _snoopy_v1_CaptureResponse__Output>
}
