import type { Http2Server, ServerHttp2Session } from 'node:http2';
import * as grpc from '@grpc/grpc-js';
import { FlowLimits } from './flow-record.js';
import { FIRST_WINDOW, WindowBudget, type WindowedConnection } from './window-budget.js';

/** Largest message that either side takes, bytes. */
export const LINK_MESSAGE_BYTES = FlowLimits.batchBytes;

/** Connections that one server takes; the next ones are closed at once. */
const MOST_CONNECTIONS = 10_000;
/** Calls at a time on one connection. */
const MOST_STREAMS = 1_000;
const TICK_MS = 250;

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

/** What of grpc-js 1.14's server is used below though it is not part of its interface. */
interface ServerInside {
  commonServerOptions: { settings?: object };
  createHttp2Server(credentials: grpc.ServerCredentials): Http2Server;
}

/**
 * A gRPC server for ports 4244 and 4245.
 *
 * grpc-js ignores `flow_control_window` on the server's side, which leaves HTTP/2's 64 KiB for each round trip. Its
 * HTTP/2 server is therefore caught as it is made, and its sessions get windows out of one budget.
 */
export function createLinkServer(budget: WindowBudget = new WindowBudget()): grpc.Server {
  const server = new grpc.Server({ ...keepalive, 'grpc.max_concurrent_streams': MOST_STREAMS });
  const inside = server as unknown as ServerInside;
  const create = inside.createHttp2Server.bind(inside);
  inside.commonServerOptions.settings = {
    ...inside.commonServerOptions.settings,
    initialWindowSize: FIRST_WINDOW,
  };
  inside.createHttp2Server = (credentials) => {
    const http2 = create(credentials);
    http2.on('session', (session) => watch(session, budget));
    (http2 as { maxConnections?: number }).maxConnections = MOST_CONNECTIONS;
    return http2;
  };
  return server;
}

/** One timer for each budget that has connections. */
const timers = new WeakMap<WindowBudget, NodeJS.Timeout>();

function watch(session: ServerHttp2Session, budget: WindowBudget): void {
  let window = FIRST_WINDOW;
  let received = 0;
  const connection: WindowedConnection = {
    received: () => {
      if (!session.destroyed) received = session.socket.bytesRead;
      return received;
    },
    setWindow: (bytes) => {
      if (session.destroyed || session.closed) return;
      session.setLocalWindowSize(bytes);
      // The streams' own windows follow the setting (RFC 9113, 6.9.2).
      if (bytes !== window) session.settings({ initialWindowSize: bytes });
      window = bytes;
    },
  };
  budget.add(connection);
  if (budget.size === 1) timers.set(budget, setInterval(() => budget.tick(), TICK_MS).unref());
  session.on('close', () => {
    budget.remove(connection);
    if (budget.size === 0) clearInterval(timers.get(budget));
  });
}
