import * as grpc from '@grpc/grpc-js';
import { FlowLimits } from './flow-record.js';

/** Largest message that either side takes, bytes. */
export const LINK_MESSAGE_BYTES = FlowLimits.batchBytes;

/** Options of both ends of a link: a peer that vanished is noticed after 15 s at most. */
const keepalive: grpc.ChannelOptions = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.max_receive_message_length': LINK_MESSAGE_BYTES,
  'grpc.max_send_message_length': LINK_MESSAGE_BYTES,
};

/** Options of every client's channel: no retries by the library (they buffer without bound on long streams), a short longest wait. */
export const linkChannelOptions: grpc.ChannelOptions = {
  ...keepalive,
  'grpc.enable_retries': 0,
  'grpc.initial_reconnect_backoff_ms': 500,
  'grpc.max_reconnect_backoff_ms': 15_000,
  'grpc-node.flow_control_window': 1 << 20,
};

/** A gRPC server for ports 4244 and 4245. */
export function createLinkServer(): grpc.Server {
  return new grpc.Server(keepalive);
}
