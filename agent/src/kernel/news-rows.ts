import { EmitReason, FlowExtra, FlowState, Initiator, Outcome, type PodRef, Protocol } from '@snoopy/proto';
import { type Decoded, LinkDirection } from '../decode/decoded.js';
import { DNS_PORT } from '../flow/dns-tracker.js';
import type { Batch } from './batch.js';
import type { FrameNews } from './frame-ingest.js';
import { RecentErrors } from './recent-errors.js';

/** News that wait for a batch at the most. */
const MOST = 4_096;

/** One piece of news: doubles for time and pod, words for the rest. */
const TIME = 0;
const POD = 1;
const BYTES = 2;
const DOUBLES = 3;
const LOCAL = 0;
const PEER = 4;
const PORTS = 8;
const PROTOCOL = 9;
/** Client ISN of a refusal; `type << 8 | code` of an ICMP error. */
const DETAIL = 10;
const OUTCOME = 11;
const INITIATOR = 12;
const WORDS = 13;

/** Outcomes that only a copied frame tells: refusals by a port that no socket listens on, ICMP errors. */
export class NewsRows implements Pick<FrameNews, 'refused' | 'unreachable'> {
  /** What sockets do not always know. */
  readonly errors = new RecentErrors();
  /** News that found no room. */
  lost = 0;
  readonly #doubles = new Float64Array(MOST * DOUBLES);
  readonly #words = new Int32Array(MOST * WORDS);
  #count = 0;
  #written = 0;

  constructor(private readonly batch: Batch) {}

  refused(packet: Decoded, pod: number): void {
    const at = this.#add(packet, pod, Outcome.refused, Protocol.tcp);
    if (at < 0) return;
    this.#address(at + LOCAL, packet.src0, packet.src1, packet.src2, packet.src3);
    this.#address(at + PEER, packet.dst0, packet.dst1, packet.dst2, packet.dst3);
    this.#words[at + PORTS] = (packet.srcPort << 16) | packet.dstPort;
    this.#words[at + DETAIL] = packet.tcpAck - 1;
  }

  /** Of UDP; the row of an attempt over TCP asks for it, and DNS questions and SCTP are in the flow table. */
  unreachable(packet: Decoded, pod: number): void {
    if (!this.errors.put(packet, pod)) return;
    if (packet.innerProtocol !== Protocol.udp) return;
    if (packet.innerSrcPort === DNS_PORT || packet.innerDstPort === DNS_PORT) return;
    const at = this.#add(packet, pod, Outcome.unreachable, packet.innerProtocol);
    if (at < 0) return;
    // The quoted packet is the pod's own if the pod receives the error, the peer's if it sends it.
    const own = packet.linkDirection === LinkDirection.received;
    const source = at + (own ? LOCAL : PEER);
    const target = at + (own ? PEER : LOCAL);
    this.#address(source, packet.innerSrc0, packet.innerSrc1, packet.innerSrc2, packet.innerSrc3);
    this.#address(target, packet.innerDst0, packet.innerDst1, packet.innerDst2, packet.innerDst3);
    this.#words[at + PORTS] = own
      ? (packet.innerSrcPort << 16) | packet.innerDstPort
      : (packet.innerDstPort << 16) | packet.innerSrcPort;
    this.#words[at + INITIATOR] = own ? Initiator.local : Initiator.peer;
    this.#words[at + DETAIL] = (packet.icmpType << 8) | packet.icmpCode;
  }

  /** Writes rows while there is room; returns whether some are left. */
  write(podOf: (number: number) => PodRef | undefined): boolean {
    while (this.#written < this.#count && this.batch.hasRoom()) {
      const pod = podOf(this.#doubles[this.#written * DOUBLES + POD]!);
      if (pod) this.#writeRow(this.#written, pod);
      this.#written++;
    }
    if (this.#written < this.#count) return true;
    this.#written = 0;
    this.#count = 0;
    return false;
  }

  #add(packet: Decoded, pod: number, outcome: number, protocol: number): number {
    if (this.#count === MOST) {
      this.lost++;
      return -1;
    }
    const at = this.#count++;
    this.#doubles[at * DOUBLES + TIME] = packet.timeUs;
    this.#doubles[at * DOUBLES + POD] = pod;
    this.#doubles[at * DOUBLES + BYTES] = packet.wireBytes;
    this.#words[at * WORDS + OUTCOME] = outcome;
    this.#words[at * WORDS + PROTOCOL] = protocol;
    return at * WORDS;
  }

  #address(at: number, a: number, b: number, c: number, d: number): void {
    this.#words[at] = a;
    this.#words[at + 1] = b;
    this.#words[at + 2] = c;
    this.#words[at + 3] = d;
  }

  #writeRow(index: number, pod: PodRef): void {
    const { batch } = this;
    const { columns } = batch;
    const words = this.#words;
    const base = index * WORDS;
    const row = columns.rows++;
    const refused = words[base + OUTCOME] === Outcome.refused;
    columns.pod[row] = batch.pod(pod);
    columns.protocol[row] = words[base + PROTOCOL]!;
    columns.lastUs[row] = this.#doubles[index * DOUBLES + TIME]!;
    columns.durationUs[row] = 0;
    columns.localAddress[row] = batch.addressOf(words, base + LOCAL);
    columns.peerAddress[row] = batch.addressOf(words, base + PEER);
    columns.localPort[row] = words[base + PORTS]! >>> 16;
    columns.peerPort[row] = words[base + PORTS]! & 0xffff;
    batch.noCounters(row);
    columns.state[row] = refused ? refusedState : unreachableState | words[base + INITIATOR]!;
    columns.clientIsn[row] = words[base + DETAIL]!;
    if (refused) {
      columns.sentPackets[row] = 1;
      columns.sentBytes[row] = this.#doubles[index * DOUBLES + BYTES]!;
    } else batch.extra(row, FlowExtra.icmp, words[base + DETAIL]!);
  }
}

/** The whole of an attempt, as the side that refused it saw it. */
const refusedState =
  Initiator.peer |
  FlowState.opened |
  FlowState.outcomeFinal |
  FlowState.hasClientIsn |
  (Outcome.refused << FlowState.outcomeShift) |
  (EmitReason.closed << FlowState.reasonShift);

/** A flow that the kernel's maps know already. */
const unreachableState =
  FlowState.outcomeFinal |
  (Outcome.unreachable << FlowState.outcomeShift) |
  (EmitReason.changed << FlowState.reasonShift);
