import type { ExcludedLink } from '../flow/flow-table.js';
import { addressBytes } from '../watch/address-bytes.js';

const anyAddress = new Uint8Array(4);

/**
 * Snoopy's own connections (DESIGN, law 10): everything to or from the aggregator's port for agents, so that a pod that
 * shares the node's network and the aggregator's own pod show neither this agent's link nor another's.
 *
 * @param peer `address:port` of the aggregator as the socket has it; anything else gives nothing
 */
export function ownLinks(peer: string): { readonly links: ExcludedLink[]; readonly filter: string } {
  const [, address = '', port = ''] = /^\[?([0-9a-fA-F.:]+)\]?:(\d+)$/.exec(peer) ?? [];
  const bytes = addressBytes(address.replace(/^::ffff:(?=\d+\.)/, ''));
  if (!bytes) return { links: [], filter: '' };
  const text = bytes.length === 4 ? [...bytes].join('.') : address;
  return {
    links: [{ address: anyAddress, port: 0, peerAddress: bytes, peerPort: Number(port) }],
    filter: `not (tcp port ${Number(port)} and host ${text})`,
  };
}

/** A capture filter without Snoopy's own connections. The asker's part must have been compiled alone before. */
export function withoutOwnLinks(filter: string, own: string): string {
  if (own === '') return filter;
  return filter === '' ? own : `(${filter}) and ${own}`;
}
