import * as grpc from '@grpc/grpc-js';
import { type Log, SnoopyError } from '@snoopy/proto';

interface Call {
  readonly cancelled: boolean;
  emit(event: 'error', error: { code: number; details: string }): boolean;
}

/** Waits for a decision, then lets the call go on; what goes wrong ends the call. Nothing is read from it before. */
export async function admit<Grant extends { end(bytes: number): void }>(
  call: Call,
  decision: Promise<Grant>,
  log: Log,
  goOn: (grant: Grant) => void,
): Promise<void> {
  let grant: Grant | undefined;
  try {
    grant = await decision;
    if (call.cancelled) grant.end(0);
    else goOn(grant);
  } catch (error) {
    grant?.end(0);
    call.emit('error', statusOf(error, log));
  }
}

/** What the other side is told; the details of anything unexpected stay here. */
export function statusOf(error: unknown, log: Log): { code: number; details: string } {
  if (error instanceof SnoopyError) return { code: error.grpcCode, details: error.message };
  log.error({ err: error }, 'a call failed');
  return { code: grpc.status.INTERNAL, details: 'The aggregator failed to answer; its log says why.' };
}
