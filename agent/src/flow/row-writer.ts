import { EmitReason, type FlowColumns, FlowExtra, FlowLimits, FlowState, Initiator } from '@snoopy/proto';
import { AddressDictionary } from './address-dictionary.js';
import type { CaptureTable } from './capture-table.js';
import type { DnsPool } from './dns-pool.js';
import { DnsRows } from './dns-rows.js';
import type { FlowCounters } from './flow-counters.js';
import type { FlowStore } from './flow-store.js';
import {
  BYTES,
  CLIENT_ISN,
  captureOf,
  DNS_HEAD,
  DOUBLES,
  FIRST_US,
  FLAGS,
  Flag,
  HANDSHAKE_US,
  ICMP,
  LAST_US,
  LEAVE_REASON,
  LOCAL,
  NEXT_SEQ,
  ORIGIN,
  PACKETS,
  PAYLOAD,
  PEER,
  PORTS,
  protocolOf,
  RECEIVED,
  RESET_BY,
  RETRANSMITS,
  SEGMENTS,
  SENT,
  SERVER_ISN,
  SRTT,
  SYN_RETRIES,
  TCP,
  Tcp,
  WORDS,
  ZERO_WINDOWS,
} from './layout.js';

/** The low byte of FLAGS is that of FlowState. */
const STATE_BYTE = 0xff;
const MAX_DURATION_US = 0xffffffff;
/** Most extras of one row: every FlowExtra once. */
const EXTRAS_OF_ROW = Object.keys(FlowExtra).length;

/** Turns flows into rows of a batch and starts their counters anew. */
export class RowWriter {
  readonly #addresses = new AddressDictionary();
  readonly #dns: DnsRows;
  /** Index of each capture's pod in the batch; valid where the batch number beside it is the current one. */
  readonly #podOf: number[] = [];
  readonly #podBatch: number[] = [];
  #batch = 0;

  constructor(
    private readonly store: FlowStore,
    private readonly captures: CaptureTable,
    pool: DnsPool,
    private readonly counters: FlowCounters,
  ) {
    this.#dns = new DnsRows(store, pool, this.#addresses);
  }

  /** Begins a batch. */
  begin(columns: FlowColumns): void {
    columns.clear();
    this.#addresses.begin();
    this.#dns.begin();
    this.#batch++;
  }

  /** Whether any row fits into the batch. */
  hasRoom(columns: FlowColumns): boolean {
    return (
      columns.rows < columns.capacity &&
      columns.extras + EXTRAS_OF_ROW <= columns.extraRow.length &&
      columns.pods.length < FlowLimits.pods &&
      this.#addresses.room(columns) >= 2 &&
      this.#dns.hasRoom(columns)
    );
  }

  /**
   * Writes a flow's row.
   *
   * @returns whether all of it fitted; else some DNS transactions are left for another row
   */
  write(columns: FlowColumns, flow: number): boolean {
    const row = columns.rows++;
    const complete = this.#writeDns(columns, row, flow);
    this.#writeKey(columns, row, flow);
    this.#writeState(columns, row, flow);
    this.#writeCounters(columns, row, flow);
    this.#writeExtras(columns, row, flow);
    this.counters.rows++;
    return complete;
  }

  #writeDns(columns: FlowColumns, row: number, flow: number): boolean {
    return this.store.rare[flow * WORDS + DNS_HEAD] === 0 || this.#dns.write(columns, row, flow);
  }

  #writeKey(columns: FlowColumns, row: number, flow: number): void {
    const words = this.store.words;
    const base = flow * WORDS;
    const origin = words[base + ORIGIN]!;
    const ports = words[base + PORTS]!;
    columns.pod[row] = this.#pod(columns, captureOf(origin));
    columns.protocol[row] = protocolOf(origin);
    columns.localAddress[row] = this.#addresses.indexOf(columns, words, base + LOCAL);
    columns.peerAddress[row] = this.#addresses.indexOf(columns, words, base + PEER);
    columns.localPort[row] = ports >>> 16;
    columns.peerPort[row] = ports & 0xffff;
  }

  #pod(columns: FlowColumns, captureId: number): number {
    if (this.#podBatch[captureId] === this.#batch) return this.#podOf[captureId]!;
    const { pod } = this.captures.get(captureId);
    let index = columns.pods.indexOf(pod);
    if (index < 0) index = columns.pods.push(pod) - 1;
    this.#podBatch[captureId] = this.#batch;
    this.#podOf[captureId] = index;
    return index;
  }

  /** What the row says once is taken back from the flow: opened, final, closed. */
  #writeState(columns: FlowColumns, row: number, flow: number): void {
    const at = flow * WORDS + FLAGS;
    const flags = this.store.words[at]!;
    let state = (flags & STATE_BYTE) | (this.#reason(flow, flags) << FlowState.reasonShift);
    if (flags & Flag.opened) state |= FlowState.opened;
    if (flags & Flag.final) state |= FlowState.outcomeFinal;
    if (flags & Flag.hasClientIsn) state |= FlowState.hasClientIsn;
    if (flags & Flag.hasServerIsn) state |= FlowState.hasServerIsn;
    columns.state[row] = state;
    columns.clientIsn[row] = this.store.rare[flow * WORDS + CLIENT_ISN]!;
    columns.serverIsn[row] = this.store.rare[flow * WORDS + SERVER_ISN]!;
    let left = flags & ~(Flag.opened | Flag.final | Flag.closedMask);
    if (flags & Flag.ended) left |= Flag.reported;
    this.store.words[at] = left;
  }

  #reason(flow: number, flags: number): number {
    const leaving = this.store.rare[flow * WORDS + LEAVE_REASON]!;
    if (leaving !== 0) return leaving;
    if (flags & Flag.ended) return EmitReason.closed;
    if (flags & Flag.opened) return EmitReason.opened;
    return flags & Flag.final ? EmitReason.changed : EmitReason.active;
  }

  #writeCounters(columns: FlowColumns, row: number, flow: number): void {
    const { unsigned, doubles } = this.store;
    const base = flow * WORDS;
    const at = flow * DOUBLES;
    const firstUs = doubles[at + FIRST_US]!;
    const lastUs = doubles[at + LAST_US]!;
    columns.lastUs[row] = lastUs;
    columns.durationUs[row] = firstUs === 0 ? 0 : Math.min(Math.max(0, lastUs - firstUs), MAX_DURATION_US);
    columns.sentPackets[row] = unsigned[base + PACKETS]!;
    columns.receivedPackets[row] = unsigned[base + PACKETS + 1]!;
    columns.sentSegments[row] = unsigned[base + SEGMENTS]!;
    columns.receivedSegments[row] = unsigned[base + SEGMENTS + 1]!;
    columns.sentBytes[row] = doubles[at + BYTES]!;
    columns.receivedBytes[row] = doubles[at + BYTES + 1]!;
    columns.sentPayload[row] = doubles[at + PAYLOAD]!;
    columns.receivedPayload[row] = doubles[at + PAYLOAD + 1]!;
    this.counters.emittedPackets += unsigned[base + PACKETS]! + unsigned[base + PACKETS + 1]!;
    this.counters.emittedBytes += doubles[at + BYTES]! + doubles[at + BYTES + 1]!;
    this.#startAnew(flow);
  }

  #startAnew(flow: number): void {
    const { words, doubles } = this.store;
    for (let direction = 0; direction < 2; direction++) {
      words[flow * WORDS + PACKETS + direction] = 0;
      words[flow * WORDS + SEGMENTS + direction] = 0;
      doubles[flow * DOUBLES + BYTES + direction] = 0;
      doubles[flow * DOUBLES + PAYLOAD + direction] = 0;
    }
    doubles[flow * DOUBLES + FIRST_US] = 0;
  }

  #writeExtras(columns: FlowColumns, row: number, flow: number): void {
    const { words, rare } = this.store;
    const base = flow * WORDS;
    if (words[base + FLAGS]! & Flag.rtt) {
      words[base + FLAGS] = words[base + FLAGS]! & ~Flag.rtt;
      words[base + TCP] = words[base + TCP]! & ~Tcp.samplesMask;
      addExtra(columns, row, FlowExtra.rttUs, rare[base + SRTT]!);
    }
    this.#moveExtra(columns, row, base + HANDSHAKE_US, FlowExtra.handshakeUs);
    this.#moveExtra(columns, row, base + RETRANSMITS, FlowExtra.sentRetransmits);
    this.#moveExtra(columns, row, base + RETRANSMITS + 1, FlowExtra.receivedRetransmits);
    this.#moveExtra(columns, row, base + ZERO_WINDOWS, FlowExtra.sentZeroWindows);
    this.#moveExtra(columns, row, base + ZERO_WINDOWS + 1, FlowExtra.receivedZeroWindows);
    if (columns.state[row]! & FlowState.outcomeFinal)
      this.#moveExtra(columns, row, base + SYN_RETRIES, FlowExtra.synRetries);
    if (rare[base + RESET_BY] !== 0) this.#writeReset(columns, row, flow);
    if (rare[base + ICMP] !== 0) addExtra(columns, row, FlowExtra.icmp, rare[base + ICMP]! - 1);
    rare[base + ICMP] = 0;
  }

  /** Numbers of `FlowExtra.resetBy` are 1 + direction too. Bytes are modulo 2^32, as sequence numbers are. */
  #writeReset(columns: FlowColumns, row: number, flow: number): void {
    const { words, rare } = this.store;
    const base = flow * WORDS;
    const flags = words[base + FLAGS]!;
    addExtra(columns, row, FlowExtra.resetBy, rare[base + RESET_BY]!);
    rare[base + RESET_BY] = 0;
    if (!(flags & Flag.hasClientIsn && flags & Flag.hasServerIsn)) return;
    const isLocal = (flags & Flag.initiatorMask) === Initiator.local;
    for (const direction of [SENT, RECEIVED]) {
      const isn = rare[base + (isLocal === (direction === SENT) ? CLIENT_ISN : SERVER_ISN)]!;
      // The SYN takes a number, and a FIN does.
      const fin = words[base + TCP]! & (Tcp.fin << direction) ? 1 : 0;
      const bytes = (words[base + NEXT_SEQ + direction]! - isn - 1 - fin) >>> 0;
      const field = direction === SENT ? FlowExtra.resetAfterSent : FlowExtra.resetAfterReceived;
      if (words[base + TCP]! & (Tcp.hasSeq << direction) && bytes !== 0) addExtra(columns, row, field, bytes);
    }
  }

  #moveExtra(columns: FlowColumns, row: number, at: number, field: number): void {
    const value = this.store.rare[at]!;
    if (value === 0) return;
    this.store.rare[at] = 0;
    addExtra(columns, row, field, value);
  }
}

function addExtra(columns: FlowColumns, row: number, field: number, value: number): void {
  const at = columns.extras++;
  columns.extraRow[at] = row;
  columns.extraField[at] = field;
  columns.extraValue[at] = value;
}
