import { FlowState, Initiator, Protocol } from '@snoopy/proto';
import type { PodIndex } from '../pods/pod-index.js';
import { type Aliases, MOST_ALIASES } from './aliases.js';
import type { BatchContext } from './batch-context.js';
import { hashIsn } from './connection-hash.js';
import type { ConnectionTable } from './connection-table.js';
import { initiatorOf } from './row-state.js';
import { Flag, SLOT_WORDS, Slot, TWO_BITS } from './slot-layout.js';

/** How far the clocks of two agents may be apart, once each is set right by what is known of it. Milliseconds. */
const CLOCKS_MS = 5_000;
/** From the first SYN to the last that is sent again: 1 + 2 + … + 64 s (Linux, tcp_syn_retries = 6). */
const SYN_RETRIES_MS = 127_000;

/**
 * Finds the connection that a TCP record with other addresses and ports belongs to, because a NAT lies between
 * (DESIGN, "Merging across NAT"): the initial sequence numbers of both sides are the same, which two connections have
 * once in 2^64. Where one view knows no answer the client's must do, once in 2^32: then the times must fit too, one
 * of the ports decides between several, and nothing is joined while there is a choice.
 *
 * What terminates TCP has numbers of its own on its other side and is never joined; nor is what a middlebox
 * renumbers.
 */
export class IsnFinder {
  readonly #table: ConnectionTable;
  readonly #context: BatchContext;
  readonly #pods: PodIndex;
  readonly #aliases: Aliases;

  constructor(table: ConnectionTable, context: BatchContext, pods: PodIndex, aliases: Aliases) {
    this.#table = table;
    this.#context = context;
    this.#pods = pods;
    this.#aliases = aliases;
  }

  /** @returns the slot of the connection, 0: none, or more than one */
  find(row: number): number {
    const { columns } = this.#context;
    const state = columns.state[row]!;
    if (!(state & FlowState.hasClientIsn) || columns.protocol[row] !== Protocol.tcp) return 0;
    if (initiatorOf(state) === Initiator.unknown) return 0;
    const { isns, seed } = this.#table;
    const hash = hashIsn(columns.clientIsn[row]!, seed);
    let found = 0;
    let best = 0;
    for (let place = isns.start(hash); isns.pairs[place * 2 + 1] !== 0; place = (place + 1) & isns.mask) {
      if (isns.pairs[place * 2] !== hash) continue;
      const slot = Math.abs(isns.pairs[place * 2 + 1]!) - 1;
      const fit = this.#fit(row, state, slot);
      if (fit === EXACT) return slot;
      if (fit === best) found = 0;
      if (fit <= best) continue;
      best = fit;
      found = slot;
    }
    return found;
  }

  #fit(row: number, state: number, slot: number): number {
    const { words } = this.#table;
    const { columns } = this.#context;
    const base = slot * SLOT_WORDS;
    const flags = words[base + Slot.flags]!;
    if (
      (flags & Flag.protocolMask) !== Protocol.tcp ||
      words[base + Slot.clientIsn] !== (columns.clientIsn[row]! | 0)
    )
      return NONE;
    const initiator = (flags >>> Flag.initiatorShift) & TWO_BITS;
    if (initiator === 0) return NONE;
    const end = endOf(state, initiator);
    const exact = (state & FlowState.hasServerIsn) !== 0 && (flags & Flag.hasServerIsn) !== 0;
    if (exact && words[base + Slot.serverIsn] !== (columns.serverIsn[row]! | 0)) return NONE;
    if (!this.#isFree(row, base, slot, end, flags, exact) || this.#aliases.count(slot) >= MOST_ALIASES)
      return NONE;
    if (exact) return EXACT;
    if (!this.#isTime(row, base, end, initiator - 1, flags)) return NONE;
    return this.#hasPort(row, slot, end) ? PORT : TIME;
  }

  /** Whether the row can be of that end: nobody else's own view is. */
  #isFree(row: number, base: number, slot: number, end: number, flags: number, exact: boolean): boolean {
    if (!(flags & (Flag.seen << end))) return true;
    const { words } = this.#table;
    const { columns, podOf } = this.#context;
    const pod = podOf[columns.pod[row]!]!;
    const holder = words[base + Slot.pod + end]!;
    if (holder === pod) return exact;
    if (this.#context.podAt(columns.localAddress[row]!) !== pod) return true;
    const own = this.#aliases.ownSlot(slot, end);
    return this.#pods.byAddress(words, this.#aliases.addressAt(own, end))?.id !== holder - 1;
  }

  /** Whether the server's first packet comes no earlier than the client's, and no later than a SYN is repeated. */
  #isTime(row: number, base: number, end: number, client: number, flags: number): boolean {
    const after = (this.#context.startMs(row) - this.#table.words[base + Slot.firstSeen]!) | 0;
    if (flags & (Flag.seen << end)) return Math.abs(after) <= CLOCKS_MS;
    const wait = end === client ? -after : after;
    return wait >= -CLOCKS_MS && wait <= SYN_RETRIES_MS + CLOCKS_MS;
  }

  #hasPort(row: number, slot: number, end: number): boolean {
    const { localPort, peerPort } = this.#context.columns;
    return (
      this.#aliases.port(slot, end) === localPort[row] || this.#aliases.port(slot, 1 - end) === peerPort[row]
    );
  }
}

/** How well a connection fits, in rising order. */
const NONE = 0;
const TIME = 1;
const PORT = 2;
const EXACT = 3;

/** The end of a connection that a row is of. @param initiator the connection's: 1 low, 2 high */
export function endOf(state: number, initiator: number): number {
  return initiatorOf(state) === Initiator.local ? initiator - 1 : 2 - initiator;
}
