import { EmitReason, type FlowColumns, Initiator, Protocol } from '@snoopy/proto';
import { type Decoded, Fragment, TcpFlag } from '../decode/decoded.js';
import { type Capture, type CaptureOptions, CaptureTable } from './capture-table.js';
import { DnsPool } from './dns-pool.js';
import { DNS_PORT, DnsTracker } from './dns-tracker.js';
import { type ExcludedLink, ExcludedLinks } from './excluded-links.js';
import { FlowCounters } from './flow-counters.js';
import { FlowDrain } from './flow-drain.js';
import { FlowExpiry } from './flow-expiry.js';
import { FlowLife } from './flow-life.js';
import { FlowStore } from './flow-store.js';
import { FragmentCache } from './fragment-cache.js';
import { IcmpErrors } from './icmp-errors.js';
import { icmpIsAnswer, icmpPorts } from './icmp-key.js';
import {
  BYTES,
  DOUBLES,
  FIRST_US,
  FLAGS,
  Flag,
  ICMP,
  LAST_US,
  ORIGIN,
  PACKETS,
  PAYLOAD,
  RECEIVED,
  SEGMENTS,
  SENT,
  WORDS,
} from './layout.js';
import { tableSizes } from './memory-plan.js';
import { SctpTracker } from './sctp-tracker.js';
import { TcpTracker } from './tcp-tracker.js';

export type { CaptureOptions } from './capture-table.js';
export type { ExcludedLink } from './excluded-links.js';
export { FlowCounters } from './flow-counters.js';

export interface FlowTableOptions {
  /** All the memory that the table may take, bytes; at least MIN_TABLE_BYTES. */
  readonly memoryBytes: number;
  /** Makes hash collisions unpredictable: a random 32-bit number. */
  readonly seed: number;
}

/** Slots kept free for new flows while evicted ones wait for their rows: what comes in a tenth of a second, and more. */
const MOST_SPARE = 8_192;
const QUEUED = Flag.inDue | Flag.inTouched;

/** The flows of all watched interfaces of a node, in a fixed amount of memory. */
export class FlowTable {
  readonly counters = new FlowCounters();
  /** Flows that fit. */
  readonly capacity: number;

  /** From so many flows on an idle one leaves for each new one, so that its row is gone before its slot is needed. */
  readonly #crowded: number;
  readonly #captures = new CaptureTable();
  readonly #excluded = new ExcludedLinks();
  readonly #store: FlowStore;
  readonly #life: FlowLife;
  readonly #expiry: FlowExpiry;
  readonly #drain: FlowDrain;
  readonly #fragments: FragmentCache;
  readonly #tcp: TcpTracker;
  readonly #sctp: SctpTracker;
  readonly #icmp: IcmpErrors;
  readonly #dns: DnsTracker;

  /** Throws RangeError if the memory does not do for a table. */
  constructor(options: FlowTableOptions) {
    const { flows, dnsEntries } = tableSizes(options.memoryBytes);
    this.capacity = flows;
    this.#crowded = flows - Math.min(flows >>> 4, MOST_SPARE);
    const pool = new DnsPool(dnsEntries, options.seed);
    this.#store = new FlowStore(flows, options.seed);
    this.#life = new FlowLife(this.#store, this.#captures, pool);
    this.#expiry = new FlowExpiry(this.#life);
    this.#drain = new FlowDrain(this.#life, this.#captures, pool, this.counters);
    this.#fragments = new FragmentCache(options.seed);
    this.#tcp = new TcpTracker(this.#life);
    this.#sctp = new SctpTracker(this.#life);
    this.#icmp = new IcmpErrors(this.#life);
    this.#dns = new DnsTracker(this.#life, pool, this.counters);
  }

  /** Flows in the table now, those included that only wait for stragglers or for their last row. */
  get live(): number {
    return this.#store.live;
  }

  /** What flows in the table have counted since their last rows. Looks at every slot: for tests and reports. */
  pending(): { packets: number; bytes: number } {
    const { words, doubles, used } = this.#store;
    let packets = 0;
    let bytes = 0;
    for (let flow = 0; flow < used; flow++) {
      if (!(words[flow * WORDS + FLAGS]! & Flag.live)) continue;
      packets += words[flow * WORDS + PACKETS]! + words[flow * WORDS + PACKETS + 1]!;
      bytes += doubles[flow * DOUBLES + BYTES]! + doubles[flow * DOUBLES + BYTES + 1]!;
    }
    return { packets, bytes };
  }

  /** Starts a capture. Its number is not given out again before the last row of an earlier one has left. */
  addCapture(capture: CaptureOptions): number {
    return this.#captures.add(capture);
  }

  /** The addresses that a pod has now. */
  setAddresses(captureId: number, addresses: readonly Uint8Array[]): void {
    this.#captures.get(captureId).setAddresses(addresses);
  }

  /** Ends a capture: its flows leave with the next drains, reason `shutdown`. No packets of it may follow. */
  removeCapture(captureId: number): void {
    const { words, used } = this.#store;
    const capture = this.#captures.get(captureId);
    for (let flow = 0; flow < used && capture.flows > 0; flow++) {
      const base = flow * WORDS;
      if (words[base + FLAGS]! & Flag.indexed && words[base + ORIGIN]! >>> 8 === captureId)
        this.#life.leave(flow, EmitReason.shutdown);
    }
    capture.removed = true;
    this.#captures.collect(captureId);
  }

  /** Ends everything, as removeCapture() for every capture. */
  shutdown(): void {
    for (const id of this.#captures.ids()) if (!this.#captures.get(id).removed) this.removeCapture(id);
  }

  /** Snoopy's own links from now on; the whole list. What was counted of them and has not left will not leave. */
  setExcluded(links: readonly ExcludedLink[]): void {
    this.#excluded.set(links);
    for (let flow = 0; flow < this.#store.used; flow++) {
      const flags = this.#store.words[flow * WORDS + FLAGS]!;
      if (!(flags & Flag.live)) continue;
      const own = this.#excluded.has(this.#store, flow);
      if (own && !(flags & Flag.excluded)) this.#exclude(flow);
      else if (!own && flags & Flag.excluded) this.#life.release(flow);
    }
  }

  /**
   * Counts one packet.
   *
   * @param view holds the frame; read for DNS and SCTP
   */
  observe(packet: Decoded, captureId: number, view: DataView): void {
    const counters = this.counters;
    counters.seenPackets++;
    counters.seenBytes += packet.wireBytes;
    const capture = this.#captures.get(captureId);
    const sent = capture.sent(packet);
    const direction = sent ? SENT : RECEIVED;
    const origin = (captureId << 8) | packet.protocol;
    const ports = this.#ports(packet, sent, origin);
    let flow = this.#store.find(packet, sent, ports, origin);
    let isNew = flow < 0;
    if (!isNew && packet.tcpFlags & TcpFlag.syn) isNew = this.#tcp.startsOver(flow, packet, direction);
    else if (!isNew && packet.protocol === Protocol.sctp) isNew = this.#sctpStartsOver(flow, packet, view);
    if (isNew) {
      flow = this.#create(capture, packet, sent, ports, origin);
      if (flow < 0) {
        counters.lostPackets++;
        counters.lostBytes += packet.wireBytes;
        return;
      }
    }
    if (this.#count(flow, packet, direction)) this.#track(flow, packet, direction, captureId, view, isNew);
  }

  /** Lets time pass: ends what is idle, decides what got no answer, makes active flows due at multiples of 5 s. */
  advance(nowUs: number): void {
    this.#dns.advance(nowUs);
    this.#expiry.advance(nowUs);
    this.#drain.advance(nowUs);
  }

  /**
   * Clears `columns` and fills it with rows that are due.
   *
   * @param budgetRows at most so many rows (and never more than columns.capacity)
   * @returns whether more rows are due
   */
  drain(columns: FlowColumns, nowUs: number, budgetRows: number): boolean {
    return this.#drain.fill(columns, nowUs, budgetRows);
  }

  /** local << 16 | peer */
  #ports(packet: Decoded, sent: boolean, origin: number): number {
    if (packet.fragment === Fragment.later) return this.#fragments.recall(packet, origin);
    let source = packet.srcPort;
    let target = packet.dstPort;
    if (packet.protocol === Protocol.icmp || packet.protocol === Protocol.icmpv6) {
      const ports = packet.hasTransport ? icmpPorts(packet) : 0;
      source = ports >>> 16;
      target = ports & 0xffff;
    }
    const ports = sent ? (source << 16) | target : (target << 16) | source;
    if (packet.fragment === Fragment.first) this.#fragments.remember(packet, origin, ports);
    return ports;
  }

  #create(capture: Capture, packet: Decoded, sent: boolean, ports: number, origin: number): number {
    if (this.#store.live >= this.#crowded && this.#expiry.evict(packet.timeUs)) this.counters.flowsEvicted++;
    const flow = this.#store.create(packet, sent, ports, origin);
    if (flow < 0) return -1;
    this.counters.flowsCreated++;
    capture.flows++;
    if (this.#excluded.has(this.#store, flow)) this.#setFlag(flow, Flag.excluded);
    return flow;
  }

  /** @returns whether the packet is to be looked at further: not if it is our own */
  #count(flow: number, packet: Decoded, direction: number): boolean {
    const { words, doubles } = this.#store;
    const base = flow * WORDS;
    const at = flow * DOUBLES;
    const flags = words[base + FLAGS]!;
    doubles[at + LAST_US] = packet.timeUs;
    if (flags & Flag.excluded) {
      this.counters.excludedPackets++;
      this.counters.excludedBytes += packet.wireBytes;
      return false;
    }
    if ((flags & QUEUED) === 0) this.#life.setTouched(flow);
    if (doubles[at + FIRST_US] === 0) doubles[at + FIRST_US] = packet.timeUs;
    words[base + PACKETS + direction] = words[base + PACKETS + direction]! + 1;
    doubles[at + BYTES + direction] = doubles[at + BYTES + direction]! + packet.wireBytes;
    if (packet.payloadBytes > 0) {
      words[base + SEGMENTS + direction] = words[base + SEGMENTS + direction]! + 1;
      doubles[at + PAYLOAD + direction] = doubles[at + PAYLOAD + direction]! + packet.payloadBytes;
    }
    return true;
  }

  #track(
    flow: number,
    packet: Decoded,
    direction: number,
    captureId: number,
    view: DataView,
    isNew: boolean,
  ): void {
    if (packet.protocol === Protocol.tcp && packet.hasTransport) {
      if (isNew) this.#tcp.begin(flow, packet, direction);
      else this.#tcp.track(flow, packet, direction);
    } else if (packet.protocol === Protocol.sctp && packet.hasTransport) {
      if (isNew) this.#sctp.begin(flow, packet, direction, view);
      else this.#sctp.track(flow, packet, direction, view);
    } else if (isNew) this.#begin(flow, packet, direction);
    else this.#answer(flow, direction);
    if (!packet.hasTransport) return;
    if (packet.innerIpVersion !== 0) this.#icmp.track(packet, direction, captureId);
    else if (isDns(packet)) this.#dns.track(flow, packet, direction, view);
  }

  /** The first packet of a flow that knows no handshake: who sends it is the initiator. */
  #begin(flow: number, packet: Decoded, direction: number): void {
    if (packet.fragment === Fragment.later) return; // its first part was not seen
    let fromInitiator = true;
    if (packet.protocol === Protocol.icmp || packet.protocol === Protocol.icmpv6) {
      fromInitiator = !icmpIsAnswer(packet);
      this.#store.words[flow * WORDS + ICMP] = ((packet.icmpType << 8) | packet.icmpCode) + 1;
    }
    const local = fromInitiator === (direction === SENT);
    this.#setFlag(flow, Flag.opened | (local ? Initiator.local : Initiator.peer));
    this.#life.setDue(flow);
  }

  #answer(flow: number, direction: number): void {
    const flags = this.#store.words[flow * WORDS + FLAGS]!;
    const initiator = direction === SENT ? Initiator.local : Initiator.peer;
    if (!(flags & Flag.answered) && (flags & Flag.initiatorMask) !== initiator)
      this.#setFlag(flow, Flag.answered);
  }

  #sctpStartsOver(flow: number, packet: Decoded, view: DataView): boolean {
    if (!this.#sctp.startsOver(flow, packet, view)) return false;
    this.#life.leave(flow, EmitReason.closed);
    return true;
  }

  #setFlag(flow: number, flag: number): void {
    const at = flow * WORDS + FLAGS;
    this.#store.words[at] = this.#store.words[at]! | flag;
  }

  /** What the flow has counted goes to the excluded, and it starts anew as one of ours. */
  #exclude(flow: number): void {
    const { words, doubles } = this.#store;
    const base = flow * WORDS;
    const at = flow * DOUBLES;
    this.counters.excludedPackets += words[base + PACKETS]! + words[base + PACKETS + 1]!;
    this.counters.excludedBytes += doubles[at + BYTES]! + doubles[at + BYTES + 1]!;
    this.#life.discard(flow);
  }
}

function isDns(packet: Decoded): boolean {
  return (
    (packet.srcPort === DNS_PORT || packet.dstPort === DNS_PORT) &&
    packet.payloadCaptured > 0 &&
    (packet.protocol === Protocol.udp || packet.protocol === Protocol.tcp)
  );
}
