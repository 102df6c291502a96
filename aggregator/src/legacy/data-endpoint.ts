import type * as grpc from '@grpc/grpc-js';
import { DataEndpointClient, type Log, type PodData, SnoopyError } from '@snoopy/proto';
import type { Access, Ask, Grant } from '../access/access.js';
import { admit } from '../server/admission.js';
import { callerOf } from '../server/caller.js';
import type { PodFiles } from './pod-files.js';

/** Streams at a time. Each may keep 16 messages that were not asked for yet. */
const MOST_STREAMS = 32;

/** Whoever sends names a pod and no namespace: the right is needed in all of them. */
const ask: Ask = {
  call: 'ExportPodData',
  permissions: [{ verb: 'create', resource: 'packetcaptures' }],
  namespaces: [],
};

type ExportCall = grpc.ServerDuplexStream<PodData, { message: string }>;

/** Adds protobuf.DataEndpoint, the call of the original operator, to a server. */
export function addDataEndpoint(server: grpc.Server, files: PodFiles, log: Log, access: Access): void {
  let streams = 0;
  server.addService(DataEndpointClient.service, {
    ExportPodData: (call: ExportCall) => {
      if (streams >= MOST_STREAMS) {
        const sentence = `${MOST_STREAMS} streams are open already: try again later.`;
        call.emit('error', status(new SnoopyError('LIMIT', sentence)));
        return;
      }
      streams++;
      call.once('close', () => streams--);
      void admit(call, access.client(callerOf(call), ask), log, (grant) => {
        grant.keep((error) => call.emit('error', status(error)));
        receive(call, files, log, grant);
      });
    },
  });
}

/** One message after the other: the next is taken when the last one is in its file and answered. */
function receive(call: ExportCall, files: PodFiles, log: Log, grant: Grant): void {
  let bytes = 0;
  const over = (): void => grant.end(bytes);
  call.on('finish', over).on('cancelled', over).on('error', over);
  let stored = Promise.resolve();
  const fail = (error: unknown): void => {
    if (!(error instanceof SnoopyError)) log.error({ err: error }, 'storing pod data failed');
    call.emit('error', status(error));
  };
  call.on('error', () => undefined);
  call.on('data', (message: PodData) => {
    bytes += message.data.length;
    call.pause();
    stored = store(call, message, files).then(() => void call.resume());
    stored.catch(fail);
  });
  // It comes with the last message, paused or not.
  call.on('end', () => {
    stored.then(() => call.end()).catch(() => undefined);
  });
}

async function store(call: ExportCall, { name, data }: PodData, files: PodFiles): Promise<void> {
  await files.append(name, data);
  if (call.cancelled || call.write({ message: `Received data for pod ${name}` })) return;
  await new Promise<void>((resolve) => call.once('drain', resolve).once('close', resolve));
}

function status(error: unknown): { code: number; details: string } {
  if (error instanceof SnoopyError) return { code: error.grpcCode, details: error.message };
  return { code: 13, details: 'The aggregator failed to store it; its log says why.' };
}
