// Original file: proto/snoopy/v1/agent.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ControlRequest as _snoopy_v1_ControlRequest, ControlRequest__Output as _snoopy_v1_ControlRequest__Output } from '../../snoopy/v1/ControlRequest.js';
import type { ControlResponse as _snoopy_v1_ControlResponse, ControlResponse__Output as _snoopy_v1_ControlResponse__Output } from '../../snoopy/v1/ControlResponse.js';
import type { FlowAck as _snoopy_v1_FlowAck, FlowAck__Output as _snoopy_v1_FlowAck__Output } from '../../snoopy/v1/FlowAck.js';
import type { FlowBatch as _snoopy_v1_FlowBatch, FlowBatch__Output as _snoopy_v1_FlowBatch__Output } from '../../snoopy/v1/FlowBatch.js';
import type { PacketAck as _snoopy_v1_PacketAck, PacketAck__Output as _snoopy_v1_PacketAck__Output } from '../../snoopy/v1/PacketAck.js';
import type { PacketChunk as _snoopy_v1_PacketChunk, PacketChunk__Output as _snoopy_v1_PacketChunk__Output } from '../../snoopy/v1/PacketChunk.js';

export interface AgentLinkClient extends grpc.Client {
  Control(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_snoopy_v1_ControlRequest, _snoopy_v1_ControlResponse__Output>;
  Control(options?: grpc.CallOptions): grpc.ClientDuplexStream<_snoopy_v1_ControlRequest, _snoopy_v1_ControlResponse__Output>;
  control(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_snoopy_v1_ControlRequest, _snoopy_v1_ControlResponse__Output>;
  control(options?: grpc.CallOptions): grpc.ClientDuplexStream<_snoopy_v1_ControlRequest, _snoopy_v1_ControlResponse__Output>;
  
  Flows(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_snoopy_v1_FlowBatch, _snoopy_v1_FlowAck__Output>;
  Flows(options?: grpc.CallOptions): grpc.ClientDuplexStream<_snoopy_v1_FlowBatch, _snoopy_v1_FlowAck__Output>;
  flows(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_snoopy_v1_FlowBatch, _snoopy_v1_FlowAck__Output>;
  flows(options?: grpc.CallOptions): grpc.ClientDuplexStream<_snoopy_v1_FlowBatch, _snoopy_v1_FlowAck__Output>;
  
  Packets(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_snoopy_v1_PacketChunk, _snoopy_v1_PacketAck__Output>;
  Packets(options?: grpc.CallOptions): grpc.ClientDuplexStream<_snoopy_v1_PacketChunk, _snoopy_v1_PacketAck__Output>;
  packets(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_snoopy_v1_PacketChunk, _snoopy_v1_PacketAck__Output>;
  packets(options?: grpc.CallOptions): grpc.ClientDuplexStream<_snoopy_v1_PacketChunk, _snoopy_v1_PacketAck__Output>;
  
}

export interface AgentLinkHandlers extends grpc.UntypedServiceImplementation {
  Control: grpc.handleBidiStreamingCall<_snoopy_v1_ControlRequest__Output, _snoopy_v1_ControlResponse>;
  
  Flows: grpc.handleBidiStreamingCall<_snoopy_v1_FlowBatch__Output, _snoopy_v1_FlowAck>;
  
  Packets: grpc.handleBidiStreamingCall<_snoopy_v1_PacketChunk__Output, _snoopy_v1_PacketAck>;
  
}

export interface AgentLinkDefinition extends grpc.ServiceDefinition {
  Control: MethodDefinition<_snoopy_v1_ControlRequest, _snoopy_v1_ControlResponse, _snoopy_v1_ControlRequest__Output, _snoopy_v1_ControlResponse__Output>
  Flows: MethodDefinition<_snoopy_v1_FlowBatch, _snoopy_v1_FlowAck, _snoopy_v1_FlowBatch__Output, _snoopy_v1_FlowAck__Output>
  Packets: MethodDefinition<_snoopy_v1_PacketChunk, _snoopy_v1_PacketAck, _snoopy_v1_PacketChunk__Output, _snoopy_v1_PacketAck__Output>
}
