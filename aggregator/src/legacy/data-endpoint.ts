import { once } from 'node:events';
import type * as grpc from '@grpc/grpc-js';
import { DataEndpointClient, type Log, type PodData, SnoopyError } from '@snoopy/proto';
import type { PodFiles } from './pod-files.js';

/** Streams at a time. Each may keep 16 messages that were not asked for yet. */
const MOST_STREAMS = 32;

type ExportCall = grpc.ServerDuplexStream<PodData, { message: string }>;

/** Adds protobuf.DataEndpoint, the call of the original operator, to a server. */
export function addDataEndpoint(server: grpc.Server, files: PodFiles, log: Log): void {
  let streams = 0;
  server.addService(DataEndpointClient.service, {
    ExportPodData: (call: ExportCall) => {
      if (streams >= MOST_STREAMS) {
        call.emit('error', status(new SnoopyError('LIMIT', `${MOST_STREAMS} streams at a time: try later.`)));
        return;
      }
      streams++;
      void receive(call, files, log).finally(() => streams--);
    },
  });
}

/** One message after the other: the caller may send the next when the last one is in its file. Never rejects. */
async function receive(call: ExportCall, files: PodFiles, log: Log): Promise<void> {
  call.on('error', () => undefined);
  try {
    for await (const message of call) {
      const { name, data } = message as PodData;
      await files.append(name, data);
      if (!call.write({ message: `Received data for pod ${name}` })) await once(call, 'drain');
    }
    call.end();
  } catch (error) {
    if (call.cancelled) return;
    if (!(error instanceof SnoopyError)) log.error({ err: error }, 'storing pod data failed');
    call.emit('error', status(error));
  }
}

function status(error: unknown): { code: number; details: string } {
  if (error instanceof SnoopyError) return { code: error.grpcCode, details: error.message };
  return { code: 13, details: 'The aggregator failed to store it; its log says why.' };
}
