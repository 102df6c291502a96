import { EmitReason, Initiator, Protocol } from '@snoopy/proto';
import { type Decoded, Fragment, TcpFlag } from '../decode/decoded.js';
import type { Capture, CaptureTable } from './capture-table.js';
import type { Counted } from './counted.js';
import type { DnsPool } from './dns-pool.js';
import { DNS_PORT, DnsTracker } from './dns-tracker.js';
import type { ExcludedLinks } from './excluded-links.js';
import type { FlowCounters } from './flow-counters.js';
import type { FlowExpiry } from './flow-expiry.js';
import type { FlowLife } from './flow-life.js';
import type { FlowStore } from './flow-store.js';
import { FragmentCache } from './fragment-cache.js';
import { IcmpErrors } from './icmp-errors.js';
import { icmpIsAnswer, icmpPorts } from './icmp-key.js';
import { KeyBatch } from './key-batch.js';
import {
  BYTES,
  captureOf,
  DOUBLES,
  FIRST_US,
  FLAGS,
  Flag,
  ICMP,
  LAST_US,
  originOf,
  PACKETS,
  PAYLOAD,
  SEGMENTS,
  SENT,
  WORDS,
} from './layout.js';
import { SctpTracker } from './sctp-tracker.js';
import { TcpTracker } from './tcp-tracker.js';

/** Slots kept free for new flows while evicted ones wait for their rows: what comes in a tenth of a second, and more. */
const MOST_SPARE = 8_192;
const QUEUED = Flag.inDue | Flag.inTouched;

/** The path of a packet: its key, its flow, its counters, and what it means for the flow. */
export class PacketMeter {
  /** From so many flows on an idle one leaves for each new one, so that its row is gone before its slot is needed. */
  readonly #crowded: number;
  readonly #keys = new KeyBatch();
  readonly #store: FlowStore;
  readonly #fragments: FragmentCache;
  readonly #tcp: TcpTracker;
  readonly #sctp: SctpTracker;
  readonly #icmp: IcmpErrors;
  readonly #dns: DnsTracker;

  constructor(
    private readonly life: FlowLife,
    private readonly captures: CaptureTable,
    private readonly excluded: ExcludedLinks,
    private readonly expiry: FlowExpiry,
    private readonly counters: FlowCounters,
    pool: DnsPool,
    seed: number,
  ) {
    this.#store = life.store;
    this.#crowded = this.#store.capacity - Math.min(this.#store.capacity >>> 4, MOST_SPARE);
    this.#fragments = new FragmentCache(seed);
    this.#tcp = new TcpTracker(life);
    this.#sctp = new SctpTracker(life);
    this.#icmp = new IcmpErrors(life);
    this.#dns = new DnsTracker(life, pool, counters);
  }

  /** Gives up DNS questions that waited too long. */
  advance(nowUs: number): void {
    this.#dns.advance(nowUs);
  }

  /**
   * See FlowTable.observe(). Three passes over a few packets each: what one packet must fetch from memory is on
   * its way while the others are looked at.
   *
   * @param packets the first `count` of them; at most BATCH
   * @param view holds their frames; read for DNS and SCTP
   */
  observe(packets: readonly Decoded[], count: number, captureId: number, view: DataView): void {
    const capture = this.captures.find(captureId);
    if (!capture || capture.removed) {
      this.#lose(packets, count);
      return;
    }
    this.#prepare(packets, count, capture, captureId);
    this.#store.lookAhead(packets, count, this.#keys);
    this.#take(packets, count, capture, view);
  }

  /** See FlowTable.add(). */
  add(packet: Decoded, counted: Counted, captureId: number): void {
    this.counters.seenPackets += counted.packets;
    this.counters.seenBytes += counted.bytes;
    const capture = this.captures.find(captureId);
    const flow = capture && !capture.removed ? this.#findOrCreate(packet, capture, captureId) : -1;
    if (flow < 0) {
      this.counters.lostPackets += counted.packets;
      this.counters.lostBytes += counted.bytes;
    } else this.#addTo(flow, packet, counted, this.#keys.directions[0]!);
  }

  #findOrCreate(packet: Decoded, capture: Capture, captureId: number): number {
    const { directions, ports, origins, hashes } = this.#keys;
    const direction = capture.direction(packet);
    const origin = originOf(captureId, packet.protocol, packet.ipVersion);
    const pair = this.#ports(packet, direction, origin);
    directions[0] = direction;
    ports[0] = pair;
    origins[0] = origin;
    hashes[0] = this.#store.hash.of(packet, direction, pair, origin);
    const flow = this.#find(packet, 0);
    return flow < 0 ? this.#create(packet, 0, capture) : flow;
  }

  #addTo(flow: number, packet: Decoded, counted: Counted, direction: number): void {
    const { words, doubles } = this.#store;
    const base = flow * WORDS;
    const at = flow * DOUBLES;
    const flags = words[base + FLAGS]!;
    doubles[at + LAST_US] = Math.max(doubles[at + LAST_US]!, packet.timeUs);
    if (flags & Flag.excluded) {
      this.counters.excludedPackets += counted.packets;
      this.counters.excludedBytes += counted.bytes;
      return;
    }
    this.life.setDue(flow); // whoever counts elsewhere gives it once a window
    if (doubles[at + FIRST_US] === 0) doubles[at + FIRST_US] = packet.timeUs;
    words[base + PACKETS + direction] = words[base + PACKETS + direction]! + counted.packets;
    doubles[at + BYTES + direction] = doubles[at + BYTES + direction]! + counted.bytes;
    words[base + SEGMENTS + direction] = words[base + SEGMENTS + direction]! + counted.segments;
    doubles[at + PAYLOAD + direction] = doubles[at + PAYLOAD + direction]! + counted.payload;
    if (packet.protocol === Protocol.tcp) this.#tcp.skip(flow, counted, direction);
  }

  /** What comes after the end of its capture. */
  #lose(packets: readonly Decoded[], count: number): void {
    for (let i = 0; i < count; i++) {
      this.counters.seenPackets++;
      this.counters.seenBytes += packets[i]!.wireBytes;
      this.counters.lostPackets++;
      this.counters.lostBytes += packets[i]!.wireBytes;
    }
  }

  #prepare(packets: readonly Decoded[], count: number, capture: Capture, captureId: number): void {
    const { directions, ports, origins, hashes } = this.#keys;
    const { hash } = this.#store;
    let bytes = 0;
    for (let i = 0; i < count; i++) {
      const packet = packets[i]!;
      bytes += packet.wireBytes;
      const direction = capture.direction(packet);
      const origin = originOf(captureId, packet.protocol, packet.ipVersion);
      const pair = this.#ports(packet, direction, origin);
      directions[i] = direction;
      ports[i] = pair;
      origins[i] = origin;
      hashes[i] = hash.of(packet, direction, pair, origin);
    }
    this.counters.seenPackets += count;
    this.counters.seenBytes += bytes;
  }

  #take(packets: readonly Decoded[], count: number, capture: Capture, view: DataView): void {
    const store = this.#store;
    const { directions, ports, flows } = this.#keys;
    const { departures } = store;
    for (let i = 0; i < count; i++) {
      const packet = packets[i]!;
      const direction = directions[i]!;
      let flow = flows[i]!;
      if (flow < 0 || store.departures !== departures) flow = this.#find(packet, i);
      if (flow < 0) this.#begin(packet, i, capture, view);
      else if (packet.protocol !== Protocol.tcp || packet.hasTransport === 0)
        this.#trackOther(flow, packet, i, capture, view);
      else if (packet.tcpFlags & TcpFlag.syn && this.#tcp.startsOver(flow, packet, direction))
        this.#begin(packet, i, capture, view);
      else if (this.#count(flow, packet, direction)) {
        this.#tcp.track(flow, packet, direction);
        if (hasPort(ports[i]!, DNS_PORT)) this.#dns.track(flow, packet, direction, view);
      }
    }
  }

  #find(packet: Decoded, i: number): number {
    const { directions, ports, origins, hashes } = this.#keys;
    return this.#store.find(hashes[i]!, packet, directions[i]!, ports[i]!, origins[i]!);
  }

  /** A packet that belongs to no flow yet. */
  #begin(packet: Decoded, i: number, capture: Capture, view: DataView): void {
    const direction = this.#keys.directions[i]!;
    const flow = this.#create(packet, i, capture);
    if (flow < 0) {
      this.counters.lostPackets++;
      this.counters.lostBytes += packet.wireBytes;
      return;
    }
    if (!this.#count(flow, packet, direction)) return;
    if (!packet.hasTransport) this.#initiate(flow, packet, direction);
    else if (packet.protocol === Protocol.tcp) this.#tcp.begin(flow, packet, direction);
    else if (packet.protocol === Protocol.sctp) this.#sctp.begin(flow, packet, direction, view);
    else this.#initiate(flow, packet, direction);
    this.#lookInside(flow, packet, i, view);
  }

  /** A packet of a known flow that is not TCP. */
  #trackOther(flow: number, packet: Decoded, i: number, capture: Capture, view: DataView): void {
    const direction = this.#keys.directions[i]!;
    if (packet.protocol !== Protocol.sctp || !packet.hasTransport) {
      if (!this.#count(flow, packet, direction)) return;
      this.#answer(flow, direction);
    } else if (this.#sctp.startsOver(flow, packet, view)) {
      this.life.leave(flow, EmitReason.closed);
      this.#begin(packet, i, capture, view);
      return;
    } else if (this.#count(flow, packet, direction)) this.#sctp.track(flow, packet, direction, view);
    this.#lookInside(flow, packet, i, view);
  }

  /** DNS messages, and packets that ICMP errors quote. */
  #lookInside(flow: number, packet: Decoded, i: number, view: DataView): void {
    if (!packet.hasTransport) return;
    const { directions, ports, origins } = this.#keys;
    const direction = directions[i]!;
    if (packet.innerIpVersion !== 0) this.#icmp.track(packet, direction, captureOf(origins[i]!));
    else if (hasPort(ports[i]!, DNS_PORT)) this.#dns.track(flow, packet, direction, view);
  }

  /** local << 16 | peer */
  #ports(packet: Decoded, direction: number, origin: number): number {
    if (packet.fragment === Fragment.later) return this.#fragments.recall(packet, origin);
    let ports = (packet.srcPort << 16) | packet.dstPort;
    if (packet.protocol === Protocol.icmp || packet.protocol === Protocol.icmpv6)
      ports = packet.hasTransport ? icmpPorts(packet) : 0;
    const turn = direction << 4; // sides change places in what was received
    ports = (ports << turn) | (ports >>> (32 - turn));
    if (packet.fragment === Fragment.first) this.#fragments.remember(packet, origin, ports);
    return ports;
  }

  #create(packet: Decoded, i: number, capture: Capture): number {
    const { directions, ports, origins, hashes } = this.#keys;
    if (this.#store.live >= this.#crowded && this.expiry.evict(packet.timeUs)) this.counters.flowsEvicted++;
    const flow = this.#store.create(hashes[i]!, packet, directions[i]!, ports[i]!, origins[i]!);
    if (flow < 0) return -1;
    this.counters.flowsCreated++;
    capture.flows++;
    if (this.excluded.has(this.#store, flow)) this.#setFlag(flow, Flag.excluded);
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
    if ((flags & QUEUED) === 0) this.life.setTouched(flow);
    if (doubles[at + FIRST_US] === 0) doubles[at + FIRST_US] = packet.timeUs;
    words[base + PACKETS + direction] = words[base + PACKETS + direction]! + 1;
    doubles[at + BYTES + direction] = doubles[at + BYTES + direction]! + packet.wireBytes;
    if (packet.payloadBytes > 0) {
      words[base + SEGMENTS + direction] = words[base + SEGMENTS + direction]! + 1;
      doubles[at + PAYLOAD + direction] = doubles[at + PAYLOAD + direction]! + packet.payloadBytes;
    }
    return true;
  }

  /** The first packet of a flow that knows no handshake: who sends it is the initiator. */
  #initiate(flow: number, packet: Decoded, direction: number): void {
    if (packet.fragment === Fragment.later) return; // its first part was not seen
    let fromInitiator = true;
    if (packet.protocol === Protocol.icmp || packet.protocol === Protocol.icmpv6) {
      fromInitiator = !icmpIsAnswer(packet);
      this.#store.rare[flow * WORDS + ICMP] = ((packet.icmpType << 8) | packet.icmpCode) + 1;
    }
    const local = fromInitiator === (direction === SENT);
    this.#setFlag(flow, Flag.opened | (local ? Initiator.local : Initiator.peer));
    this.life.setDue(flow);
  }

  #answer(flow: number, direction: number): void {
    const flags = this.#store.words[flow * WORDS + FLAGS]!;
    const initiator = direction === SENT ? Initiator.local : Initiator.peer;
    if (!(flags & Flag.answered) && (flags & Flag.initiatorMask) !== initiator)
      this.#setFlag(flow, Flag.answered);
  }

  #setFlag(flow: number, flag: number): void {
    const at = flow * WORDS + FLAGS;
    this.#store.words[at] = this.#store.words[at]! | flag;
  }
}

function hasPort(ports: number, port: number): boolean {
  return ports >>> 16 === port || (ports & 0xffff) === port;
}
