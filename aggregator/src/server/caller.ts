import type * as grpc from '@grpc/grpc-js';
import type { Caller } from '../access/access.js';

/** Who calls: the bearer token of the call's metadata, and where it comes from. */
export function callerOf(call: { readonly metadata: grpc.Metadata; getPeer(): string }): Caller {
  const given = String(call.metadata.get('authorization')[0] ?? '');
  return { token: /^bearer +(\S+)$/i.exec(given)?.[1] ?? '', peer: call.getPeer() };
}
