import * as grpc from '@grpc/grpc-js';
import {
  type GetFlowsRequest,
  type GetStatusRequest,
  type GetStatusResponseMessage,
  type Log,
  ObserverClient,
  SnoopyError,
} from '@snoopy/proto';
import type { FanOut } from './fan-out.js';
import { readQuery } from './flows-query.js';
import type { Status } from './status.js';

/** Observer's definition, GetFlows with messages that are bytes already. */
const definition = {
  ...ObserverClient.service,
  GetFlows: { ...ObserverClient.service.GetFlows, responseSerialize: (message: Buffer) => message },
};

/** Adds snoopy.v1.Observer to a server. */
export function addObserver(server: grpc.Server, fanOut: FanOut, status: Status, log: Log): void {
  server.addService(definition, {
    GetFlows: (call: grpc.ServerWritableStream<GetFlowsRequest, Buffer>) => getFlows(call, fanOut, log),
    GetStatus: (
      call: grpc.ServerUnaryCall<GetStatusRequest, GetStatusResponseMessage>,
      callback: grpc.sendUnaryData<GetStatusResponseMessage>,
    ) => answer(callback, () => status.get(call.request), log),
  });
}

function getFlows(call: grpc.ServerWritableStream<GetFlowsRequest, Buffer>, fanOut: FanOut, log: Log): void {
  try {
    // The subscription waits for `done` of what it wrote; with two messages in flight at most, the stream's own
    // queue never fills and its `false` says nothing new.
    const subscription = fanOut.subscribe(readQuery(call.request), {
      write: (message, done) => call.write(message, done),
      end: () => call.end(),
    });
    const close = (): void => subscription.close();
    call.on('cancelled', close).on('close', close).on('error', close);
    // Headers now, so that a client of a quiet view knows that it is connected.
    call.sendMetadata(new grpc.Metadata());
  } catch (error) {
    call.emit('error', asStatus(error, log));
  }
}

function answer<T>(callback: grpc.sendUnaryData<T>, make: () => T, log: Log): void {
  try {
    callback(null, make());
  } catch (error) {
    callback(asStatus(error, log));
  }
}

/** What a client is told; the details of anything unexpected stay here. */
function asStatus(error: unknown, log: Log): { code: number; details: string } {
  if (error instanceof SnoopyError) return { code: error.grpcCode, details: error.message };
  log.error({ err: error }, 'a call failed');
  return { code: grpc.status.INTERNAL, details: 'The aggregator failed to answer; its log says why.' };
}
