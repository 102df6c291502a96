import type {
  ClientDuplexStream,
  MethodDefinition,
  ServerDuplexStream,
  ServiceDefinition,
} from '@grpc/grpc-js';
import { AgentLinkClient } from './messages.js';
import type { FlowAck, FlowAckMessage } from './types.js';

const generated = AgentLinkClient.service.Flows;

/**
 * AgentLink.Flows with batches as the bytes of the wire, on both sides: the agent keeps and resends what it encoded
 * once, the aggregator decodes when it has time. The client's side is used as
 * `client.makeBidiStreamRequest(flowsMethod.path, flowsMethod.requestSerialize, flowsMethod.responseDeserialize, metadata)`.
 */
export const flowsMethod = {
  path: generated.path,
  requestStream: true,
  responseStream: true,
  requestSerialize: (batch: Buffer) => batch,
  requestDeserialize: (batch: Buffer) => batch,
  responseSerialize: generated.responseSerialize as (ack: FlowAckMessage) => Buffer,
  responseDeserialize: generated.responseDeserialize as (bytes: Buffer) => FlowAck,
} satisfies MethodDefinition<Buffer, FlowAckMessage> & object;

/** AgentLink as a server adds it: Flows hands out raw batches, Control and Packets are as generated. */
export const agentLinkService: ServiceDefinition = {
  ...AgentLinkClient.service,
  Flows: flowsMethod as MethodDefinition<Buffer, FlowAckMessage>,
};

/** The two ends of a Flows call. */
export type FlowsClientCall = ClientDuplexStream<Buffer, FlowAck>;
export type FlowsServerCall = ServerDuplexStream<Buffer, FlowAckMessage>;
