import * as grpc from '@grpc/grpc-js';
import {
  type GetFlowsRequest,
  type GetStatusRequest,
  type GetStatusResponseMessage,
  type Log,
  ObserverClient,
} from '@snoopy/proto';
import type { Access, Grant } from '../access/access.js';
import { admit, statusOf } from '../server/admission.js';
import { callerOf } from '../server/caller.js';
import type { FanOut } from './fan-out.js';
import { flowsAsk } from './flows-ask.js';
import { readQuery } from './flows-query.js';
import type { Status } from './status.js';

/** Observer's definition, GetFlows with messages that are bytes already. */
const definition = {
  ...ObserverClient.service,
  GetFlows: { ...ObserverClient.service.GetFlows, responseSerialize: (message: Buffer) => message },
};

type FlowsCall = grpc.ServerWritableStream<GetFlowsRequest, Buffer>;
type StatusCall = grpc.ServerUnaryCall<GetStatusRequest, GetStatusResponseMessage>;

/** Adds snoopy.v1.Observer to a server. Every call is `access`'s to allow. */
export function addObserver(
  server: grpc.Server,
  fanOut: FanOut,
  status: Status,
  log: Log,
  access: Access,
): void {
  server.addService(definition, {
    GetFlows: (call: FlowsCall) => {
      const decision = access.client(callerOf(call), flowsAsk('GetFlows', call.request));
      void admit(call, decision, log, (grant) => getFlows(call, grant, fanOut, log));
    },
    GetStatus: (call: StatusCall, callback: grpc.sendUnaryData<GetStatusResponseMessage>) => {
      const { include } = call.request;
      access
        .client(callerOf(call), flowsAsk('GetStatus', { include, follow: false }))
        .then((grant) => {
          grant.end(0);
          callback(null, status.get(call.request, grant.scope));
        })
        .catch((error: unknown) => callback(statusOf(error, log)));
    },
  });
}

function getFlows(call: FlowsCall, grant: Grant, fanOut: FanOut, log: Log): void {
  let bytes = 0;
  // The subscription waits for `done` of what it wrote; with two messages in flight at most, the stream's own
  // queue never fills and its `false` says nothing new.
  const subscription = fanOut.subscribe(readQuery(call.request, grant.scope), {
    write: (message, done) => {
      bytes += message.length;
      call.write(message, done);
    },
    end: () => call.end(),
  });
  const close = (): void => {
    subscription.close();
    grant.end(bytes);
  };
  call.on('cancelled', close).on('close', close).on('error', close).on('finish', close);
  grant.keep((error) => call.emit('error', statusOf(error, log)));
  // Headers now, so that a client of a quiet view knows that it is connected.
  call.sendMetadata(new grpc.Metadata());
}
