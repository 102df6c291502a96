import { FlowState } from '@snoopy/proto';
import type { PodIndex } from '../pods/pod-index.js';
import type { Aliases } from './aliases.js';
import type { ConnectionTable } from './connection-table.js';
import { EndsWriter } from './ends-writer.js';
import { FailureWriter } from './failure-writer.js';
import type { FlowSources } from './flow-source.js';
import { HOP } from './folded-records.js';
import { LossWriter } from './loss-writer.js';
import type { DirectionCounters, FlowSink, MergedFlow } from './merged-flow.js';
import { mergedFlowObject } from './merged-flow-object.js';
import type { PendingRing } from './pending-ring.js';
import { Rec } from './record-layout.js';
import type { RecordSum } from './record-sum.js';
import { closedOf, endsView, outcomeOf } from './row-state.js';
import { Flag, SLOT_WORDS, Slot, TWO_BITS } from './slot-layout.js';
import type { Told } from './told.js';

/** A view that has not been heard of for so long no longer decides anything. */
const GIVEN_UP_MS = 10_000;
const VANTAGE_SOURCE = 1;
const VANTAGE_DESTINATION = 2;
const VANTAGE_HOP = 3;

/** Makes one merged flow of a connection's records of a window and gives it to the sinks. */
export class FlowEmitter {
  readonly #table: ConnectionTable;
  readonly #ring: PendingRing;
  readonly #sources: FlowSources;
  readonly #sinks: readonly FlowSink[];
  readonly #flow: MergedFlow;
  readonly #ends: EndsWriter;
  readonly #loss: LossWriter;
  readonly #failure: FailureWriter;

  constructor(
    table: ConnectionTable,
    ring: PendingRing,
    pods: PodIndex,
    sources: FlowSources,
    aliases: Aliases,
    sinks: readonly FlowSink[],
  ) {
    this.#table = table;
    this.#ring = ring;
    this.#sources = sources;
    this.#sinks = sinks;
    this.#flow = mergedFlowObject(ring);
    this.#ends = new EndsWriter(table, pods, aliases, this.#flow);
    this.#loss = new LossWriter(table, sources, this.#flow);
    this.#failure = new FailureWriter(this.#flow);
  }

  /**
   * @param low, high records of the low and the high end, or the sums of several
   * @param missing the other end should have reported too and has not
   * @param sum what the records were summed up from, if they were
   */
  emit(slot: number, low: Told, high: Told, missing: boolean, nowMs: number, sum?: RecordSum): void {
    const base = slot * SLOT_WORDS;
    const flow = this.#flow;
    const sourceEnd = this.#ends.write(slot);
    const source = sourceEnd === 0 ? low : high;
    const destination = sourceEnd === 0 ? high : low;
    this.#writeTimes(source.at, destination.at);
    if (sum?.isFolded) this.#writeFolded(sum, sourceEnd);
    else this.#writeViews(source, destination);
    const ofSource = flow.folded ? this.#countOfSource() : Number(source.at >= 0);
    this.#writeTurns(base, sourceEnd, source, destination, nowMs);
    const hasOne = source.at < 0 || destination.at < 0;
    const primary = this.#primary(base, sourceEnd, source.at >= 0, hasOne, nowMs);
    const counted = primary === sourceEnd ? source : destination;
    this.#writeCounters(counted, primary === sourceEnd);
    flow.counted = counted.at;
    if (counted.at < 0) flow.primary = 0;
    else flow.primary = primary === sourceEnd ? 1 : 1 + ofSource;
    this.#loss.write(slot, sourceEnd);
    flow.rttUs = roundTrip(this.#ring.counts, source, destination);
    this.#failure.write(source, destination);
    flow.serverName = source.extras?.serverName || destination.extras?.serverName || '';
    flow.partial = missing || (this.#table.words[base + Slot.flags]! & Flag.partial) !== 0;
    this.#give();
  }

  /**
   * A record of an interface between the two ends: told, so that it is accounted for, but it counts nothing.
   * @param look the slot with the addresses and ports that it has: the connection's or an alias'
   */
  emitHop(slot: number, look: number, record: Told): void {
    const flow = this.#flow;
    this.#ends.writeHop(look, this.#ends.write(slot));
    this.#writeTimes(record.at, -1);
    flow.viewCount = 0;
    flow.folded = false;
    this.#writeView(record.at, VANTAGE_HOP);
    this.#clearTurns();
    this.#writeNothing();
    flow.partial = false;
    this.#give();
  }

  /**
   * Tells, without a record, what is still owed of a connection that is forgotten: an outcome that was kept back because
   * the one that would have decided never came, and what was lost on the way (loss-writer.ts).
   */
  emitLast(slot: number, nowMs: number, nowUs: number): void {
    const flags = this.#table.words[slot * SLOT_WORDS + Slot.flags]!;
    this.#emitOwed(slot, flags & Flag.outcomeTold ? 0 : flags >>> Flag.outcomeShift, nowMs, nowUs);
  }

  /** Tells, without a record, what was lost since this was last told, if all that is needed is known. */
  emitLoss(slot: number, nowMs: number, nowUs: number): void {
    this.#emitOwed(slot, 0, nowMs, nowUs);
  }

  #emitOwed(slot: number, outcome: number, nowMs: number, nowUs: number): void {
    const flow = this.#flow;
    const owesLoss = this.#loss.owes(slot, nowMs);
    if (outcome === 0 && !owesLoss) return;
    const sourceEnd = this.#ends.write(slot);
    flow.timeUs = nowUs;
    flow.durationUs = 0;
    flow.viewCount = 0;
    flow.folded = false;
    this.#clearTurns();
    flow.outcome = outcome;
    flow.outcomeFinal = outcome !== 0;
    this.#writeNothing();
    if (owesLoss) this.#loss.writeOwed(slot, sourceEnd);
    flow.partial = outcome !== 0;
    if (outcome !== 0 || flow.request.lostSegments + flow.reply.lostSegments !== 0) this.#give();
  }

  #give(): void {
    const flow = this.#flow;
    const { words } = this.#table;
    const memo = flow.slot * SLOT_WORDS + Slot.memo;
    flow.memo = words[memo]!;
    for (const sink of this.#sinks) sink.take(flow);
    words[memo] = flow.memo;
  }

  #writeNothing(): void {
    const flow = this.#flow;
    this.#writeCounters(nothing, true);
    flow.request.lostSegments = 0;
    flow.reply.lostSegments = 0;
    flow.primary = 0;
    flow.rttUs = 0;
    this.#failure.clear();
    flow.serverName = '';
  }

  #clearTurns(): void {
    const flow = this.#flow;
    flow.opened = false;
    flow.outcomeFinal = false;
    flow.closed = 0;
    flow.handshakeUs = 0;
  }

  #writeTimes(one: number, other: number): void {
    const flow = this.#flow;
    flow.timeUs = 0;
    flow.durationUs = 0;
    if (one >= 0) this.#addTime(one);
    if (other >= 0) this.#addTime(other);
  }

  #addTime(at: number): void {
    const flow = this.#flow;
    const last = this.#ring.doubles[(at >> 1) + Rec.lastUsDouble]!;
    const duration = this.#ring.counts[at + Rec.durationUs]!;
    if (flow.timeUs === 0) {
      flow.timeUs = last;
      flow.durationUs = duration;
      return;
    }
    const first = Math.min(flow.timeUs - flow.durationUs, last - duration);
    flow.timeUs = Math.max(flow.timeUs, last);
    flow.durationUs = Math.min(flow.timeUs - first, 0xffffffff);
  }

  #writeViews(source: Told, destination: Told): void {
    this.#flow.viewCount = 0;
    this.#flow.folded = false;
    if (source.at >= 0) this.#writeView(source.at, VANTAGE_SOURCE);
    if (destination.at >= 0) this.#writeView(destination.at, VANTAGE_DESTINATION);
  }

  #writeFolded(sum: RecordSum, sourceEnd: number): void {
    this.#flow.viewCount = 0;
    this.#flow.folded = true;
    for (const [end, vantage] of [
      [sourceEnd, VANTAGE_SOURCE],
      [1 - sourceEnd, VANTAGE_DESTINATION],
      [HOP, VANTAGE_HOP],
    ] as const) {
      for (let i = 0; i < sum.count; i++) if (sum.ends[i] === end) this.#writeView(sum.ats[i]!, vantage);
    }
  }

  #writeView(at: number, vantage: number): void {
    const view = this.#flow.views[this.#flow.viewCount++]!;
    view.from = this.#sources.get(this.#ring.words[at + Rec.source]!);
    view.vantage = vantage;
    view.at = at;
  }

  /** They stand first. */
  #countOfSource(): number {
    const { views, viewCount } = this.#flow;
    let count = 0;
    while (count < viewCount && views[count]!.vantage === VANTAGE_SOURCE) count++;
    return count;
  }

  /** What is told once for a connection: that it began, its outcome, its end, its handshake. The source's word wins. */
  #writeTurns(base: number, sourceEnd: number, source: Told, destination: Told, nowMs: number): void {
    const { words } = this.#table;
    const { words: records, counts } = this.#ring;
    const flow = this.#flow;
    const sourceState = source.at >= 0 ? records[source.at + Rec.state]! : 0;
    const destinationState = destination.at >= 0 ? records[destination.at + Rec.state]! : 0;
    const waits = source.at < 0 && this.#willReport(base, sourceEnd, nowMs);
    let flags = words[base + Slot.flags]!;
    flow.opened = ((sourceState | destinationState) & FlowState.opened) !== 0 && !(flags & Flag.openedTold);
    if (flow.opened) flags |= Flag.openedTold;
    flow.closed = 0;
    if (!(flags & Flag.closedTold)) {
      flow.closed = closedOf(sourceState) || closedOf(destinationState);
      if (flow.closed !== 0) flags |= Flag.closedTold;
    }
    flow.handshakeUs = 0;
    if (!(flags & Flag.handshakeTold)) {
      const own = source.at >= 0 ? counts[source.at + Rec.handshakeUs]! : 0;
      if (own !== 0) flow.handshakeUs = own;
      else if (!waits && destination.at >= 0) flow.handshakeUs = counts[destination.at + Rec.handshakeUs]!;
      if (flow.handshakeUs !== 0) flags |= Flag.handshakeTold;
    }
    words[base + Slot.flags] = this.#writeOutcome(flags, sourceState, destinationState, waits);
  }

  /**
   * An outcome counts once. The destination's waits for the source's, which may differ: an attempt whose SYN-ACK
   * got lost has timed out for the source whatever the destination thinks.
   */
  #writeOutcome(before: number, sourceState: number, destinationState: number, waits: boolean): number {
    const flow = this.#flow;
    let flags = before;
    const kept = flags >>> Flag.outcomeShift;
    flow.outcome = outcomeOf(sourceState) || outcomeOf(destinationState) || kept;
    flow.outcomeFinal = false;
    if (!(flags & Flag.outcomeTold)) {
      const deferred = destinationState & FlowState.outcomeFinal ? outcomeOf(destinationState) : kept;
      const undecided = sourceState === 0 ? waits : outcomeOf(sourceState) === 0 && !endsView(sourceState);
      flow.outcomeFinal = (sourceState & FlowState.outcomeFinal) !== 0 || (deferred !== 0 && !undecided);
      if (!flow.outcomeFinal) return withOutcome(flags, deferred);
      if (!(sourceState & FlowState.outcomeFinal)) flow.outcome = deferred;
      flags |= Flag.outcomeTold;
    }
    return withOutcome(flags, flow.outcome);
  }

  /** Whether a record of an end that has none in this flow is still to come. */
  #willReport(base: number, end: number, nowMs: number): boolean {
    const { words } = this.#table;
    const flags = words[base + Slot.flags]!;
    if (!(flags & (Flag.seen << end)) || flags & (Flag.ended << end)) return false;
    return !this.#isGone(base, end, nowMs);
  }

  #isGone(base: number, end: number, nowMs: number): boolean {
    const source = this.#sources.get(this.#table.words[base + Slot.source + end]! - 1);
    return !source.connected && nowMs - source.lostAtMs > GIVEN_UP_MS;
  }

  /** The end whose counters count, decided with the first flow. It changes only when that end's agent is gone. */
  #primary(base: number, sourceEnd: number, hasSource: boolean, hasOne: boolean, nowMs: number): number {
    const { words } = this.#table;
    const flags = words[base + Slot.flags]!;
    const decided = (flags >>> Flag.primaryShift) & TWO_BITS;
    const reporting = hasSource ? sourceEnd : 1 - sourceEnd;
    if (decided !== 0) {
      const end = decided - 1;
      if (!hasOne || end === reporting || !this.#isGone(base, end, nowMs)) return end;
    }
    const mask = TWO_BITS << Flag.primaryShift;
    const partial = decided !== 0 ? Flag.partial : 0;
    words[base + Slot.flags] = (flags & ~mask) | ((reporting + 1) << Flag.primaryShift) | partial;
    return reporting;
  }

  /** Counters and DNS of the primary record; without one the flow counts nothing. */
  #writeCounters(record: Told, isSource: boolean): void {
    const { request, reply } = this.#flow;
    const extras = record.at >= 0 ? record.extras : undefined;
    const sent = isSource ? request : reply;
    const received = isSource ? reply : request;
    if (record.at >= 0) {
      const { counts, doubles } = this.#ring;
      const d = record.at >> 1;
      sent.packets = counts[record.at + Rec.sentPackets]!;
      sent.bytes = doubles[d + Rec.sentBytesDouble]!;
      sent.payload = doubles[d + Rec.sentPayloadDouble]!;
      sent.segments = counts[record.at + Rec.sentSegments]!;
      received.packets = counts[record.at + Rec.receivedPackets]!;
      received.bytes = doubles[d + Rec.receivedBytesDouble]!;
      received.payload = doubles[d + Rec.receivedPayloadDouble]!;
      received.segments = counts[record.at + Rec.receivedSegments]!;
    } else {
      clear(sent);
      clear(received);
    }
    sent.retransmits = extras?.sentRetransmits ?? 0;
    sent.zeroWindows = extras?.sentZeroWindows ?? 0;
    received.retransmits = extras?.receivedRetransmits ?? 0;
    received.zeroWindows = extras?.receivedZeroWindows ?? 0;
    this.#flow.dns = extras?.dns ?? noDns;
  }
}

const noDns: MergedFlow['dns'] = [];
const nothing: Told = { at: -1, extras: undefined };

function clear(counters: DirectionCounters): void {
  counters.packets = 0;
  counters.bytes = 0;
  counters.payload = 0;
  counters.segments = 0;
}

function withOutcome(flags: number, outcome: number): number {
  return (flags & ~(7 << Flag.outcomeShift)) | (outcome << Flag.outcomeShift);
}

function roundTrip(counts: Uint32Array, source: Told, destination: Told): number {
  const own = source.at >= 0 ? counts[source.at + Rec.rttUs]! : 0;
  if (own !== 0 || destination.at < 0) return own;
  return counts[destination.at + Rec.rttUs]!;
}
