import { type FlowColumns, FlowState, Initiator, Protocol } from '@snoopy/proto';
import type { PodIndex } from '../pods/pod-index.js';
import { isPrivate, isToMany } from './address-kind.js';
import type { Aliases } from './aliases.js';
import type { BatchContext } from './batch-context.js';
import { hashAddress, hashEnd } from './connection-hash.js';
import type { ConnectionTable } from './connection-table.js';
import type { FlowSources } from './flow-source.js';
import { NatMemory } from './nat-memory.js';
import type { PendingRing } from './pending-ring.js';
import { Rec } from './record-layout.js';
import { initiatorOf } from './row-state.js';
import { Flag, SLOT_WORDS, Slot, TWO_BITS } from './slot-layout.js';

/** Right after the start nobody knows which peers are pods: agents reconnect within 15 s (link-server.ts). */
const GRACE_MS = 20_000;

export interface ExpectationOptions {
  readonly table: ConnectionTable;
  readonly ring: PendingRing;
  readonly context: BatchContext;
  readonly pods: PodIndex;
  readonly sources: FlowSources;
  readonly aliases: Aliases;
  readonly startMs: number;
  readonly startUs: number;
}

/**
 * Whether the other end of a connection is going to report, or should have.
 *
 * Of an end that reported before, and of a pod that a connected agent watches, that is known. A TCP connection to or
 * from an address that is nobody's may come through a NAT: its first record waits where ends met across that address
 * in the last ten minutes and, unless one waited in vain within the last minute, where the address is a private one,
 * as those of Services and nodes are. What is sent to many may have reached somebody. What it does not wait for may
 * still be joined later.
 */
export class Expectation {
  readonly #of: ExpectationOptions;
  readonly #memory = new NatMemory();

  constructor(options: ExpectationOptions) {
    this.#of = options;
  }

  /**
   * Whether the other end's record of this window is to be expected.
   * @param first the row is the connection's first
   */
  expects(columns: FlowColumns, row: number, slot: number, end: number, first: boolean): boolean {
    const { table, sources, context } = this.#of;
    const { words } = table;
    const base = slot * SLOT_WORDS;
    const flags = words[base + Slot.flags]!;
    const other = 1 - end;
    if (flags & (Flag.seen << other)) {
      if (flags & (Flag.ended << other)) return false;
      return sources.get(words[base + Slot.source + other]! - 1).connected;
    }
    if (context.expects(columns.peerAddress[row]!)) return true;
    if (!first) return false;
    return isToMany(columns.addressBytes, columns.peerAddress[row]! * 16) || this.#expectsNat(columns, row);
  }

  /** A record waited in vain. @param end that it is of */
  waitedAlone(slot: number, end: number, nowMs: number): void {
    const { table, pods } = this.#of;
    const { words } = table;
    const base = slot * SLOT_WORDS;
    const flags = words[base + Slot.flags]!;
    const initiator = (flags >>> Flag.initiatorShift) & TWO_BITS;
    if ((flags & Flag.protocolMask) !== Protocol.tcp || initiator === 0) return;
    if (flags & (Flag.seen << (1 - end)) || pods.isPod(words[base + Slot.pod + 1 - end]! - 1)) return;
    this.#memory.alone(this.#keyOf(slot, 1 - end, initiator - 1 === end), nowMs);
  }

  /** The two ends of a connection met across a NAT. */
  joined(slot: number, nowMs: number): void {
    const { table, aliases } = this.#of;
    const initiator = (table.words[slot * SLOT_WORDS + Slot.flags]! >>> Flag.initiatorShift) & TWO_BITS;
    const end = initiator - 1;
    const client = aliases.ownSlot(slot, end);
    const server = aliases.ownSlot(slot, 1 - end);
    if (!aliases.agree(client, server, 1 - end))
      this.#memory.joined(this.#keyOf(client, 1 - end, true), nowMs);
    if (!aliases.agree(client, server, end)) this.#memory.joined(this.#keyOf(server, end, false), nowMs);
  }

  /**
   * Whether the other end, of which nothing was ever seen, should have been: its agent watches it, or, for records
   * from before our start, may have told it to the aggregator before us.
   * @param at the record's first word
   */
  isMissing(slot: number, end: number, at: number, nowMs: number): boolean {
    const { table, ring, pods, sources, startMs, startUs } = this.#of;
    const { words } = table;
    const base = slot * SLOT_WORDS;
    const other = 1 - end;
    if (words[base + Slot.flags]! & (Flag.seen << other)) return false;
    const isEarly = nowMs - startMs < GRACE_MS;
    const pod = pods.byAddress(words, base + (other === 0 ? Slot.low : Slot.high));
    if (pod) return pod.watched && (sources.isConnected(pod.node) || isEarly);
    return isEarly && ring.doubles[(at >> 1) + Rec.lastUsDouble]! < startUs;
  }

  #expectsNat(columns: FlowColumns, row: number): boolean {
    const { context } = this.#of;
    const state = columns.state[row]!;
    const peer = columns.peerAddress[row]!;
    if (columns.protocol[row] !== Protocol.tcp || !(state & FlowState.hasClientIsn)) return false;
    if (context.podAt(peer) !== 0) return false;
    const dials = initiatorOf(state) === Initiator.local;
    const key = hashEnd(context.addressHash[peer]!, dials ? columns.peerPort[row]! : ANY_PORT);
    return this.#memory.expects(key, isPrivate(columns.addressBytes, peer * 16), context.nowMs);
  }

  /** Of an end as a slot has it: what is dialled is an address and a port, who calls is an address. */
  #keyOf(slot: number, end: number, isDialled: boolean): number {
    const { table, aliases } = this.#of;
    const address = hashAddress(table.words, aliases.addressAt(slot, end), table.seed);
    return hashEnd(address, isDialled ? aliases.port(slot, end) : ANY_PORT);
  }
}

/** No port: a masquerade picks any. */
const ANY_PORT = 65_536;
