import { type Decoded, TcpFlag } from '../decode/decoded.js';
import type { Counted } from './counted.js';
import type { FlowStore } from './flow-store.js';
import {
  ACKED,
  FLAGS,
  Flag,
  HOLE_END,
  HOLE_START,
  HOLE_US,
  NEXT_SEQ,
  PROBE_SEQ,
  PROBE_US,
  RECEIVED,
  REORDER_WITHIN_US,
  RETRANSMITS,
  SENT,
  SRTT,
  TCP,
  Tcp,
  WORDS,
  ZERO_WINDOWS,
} from './layout.js';
import { REORDER_US } from './timeouts.js';

/** Further than this from what is expected a sequence number says nothing: a new start, not a gap. */
const FAR = 1 << 28;

const DATA_BOTH = Tcp.data | (Tcp.data << 1);

/**
 * Sequence numbers of one flow: what was sent again, what is unacknowledged, zero windows, round trips.
 * All arithmetic is modulo 2^32 (RFC 9293, 3.4).
 */
export class TcpSequence {
  readonly #words: Int32Array;
  readonly #rare: Int32Array;

  constructor(store: FlowStore) {
    this.#words = store.words;
    this.#rare = store.rare;
  }

  /** Takes in a segment that begins where the last one ended, of a flow that has been seen in both directions. */
  advance(base: number, packet: Decoded, direction: number): void {
    const words = this.#words;
    const payload = packet.payloadBytes;
    if (payload > 0) {
      words[base + NEXT_SEQ + direction] = packet.tcpSeq + payload;
      const tcp = words[base + TCP]!;
      if ((tcp & DATA_BOTH) !== Tcp.data << direction || (direction === SENT && wantsProbe(tcp)))
        this.#data(base, packet, direction, true);
    }
    const ack = packet.tcpAck;
    const at = base + ACKED + direction;
    if (((ack - words[at]!) | 0) > 0) words[at] = ack;
    if (direction === RECEIVED && words[base + TCP]! & Tcp.probe) this.#sampleRtt(base, packet);
  }

  /** Takes in segments that were counted elsewhere. A round trip that was being measured is given up. */
  skip(base: number, { nextSeq, ack, segments }: Counted, direction: number): void {
    const words = this.#words;
    let tcp = words[base + TCP]! & ~Tcp.probe;
    if (segments > 0) {
      const known = tcp & (Tcp.hasSeq << direction);
      const at = base + NEXT_SEQ + direction;
      if (!known || ((nextSeq - words[at]!) | 0) > 0) words[at] = nextSeq;
      tcp = (tcp & ~DATA_BOTH) | ((Tcp.data | Tcp.hasSeq) << direction);
    }
    const at = base + ACKED + direction;
    if (!(tcp & (Tcp.hasAck << direction)) || ((ack - words[at]!) | 0) > 0) words[at] = ack;
    words[base + TCP] = tcp | (Tcp.hasAck << direction);
  }

  /** Takes in one segment that is not an RST. */
  track(flow: number, packet: Decoded, direction: number): void {
    const words = this.#words;
    const base = flow * WORDS;
    const flags = packet.tcpFlags;
    const payload = packet.payloadBytes;
    const length = payload + (flags & TcpFlag.fin ? 1 : 0) + (flags & TcpFlag.syn ? 1 : 0);
    const at = base + direction;
    const seq = packet.tcpSeq;
    const tcp = words[base + TCP]!;
    const before = words[at + NEXT_SEQ];
    if (!(tcp & (Tcp.hasSeq << direction))) {
      words[at + NEXT_SEQ] = seq + length;
      words[base + TCP] = tcp | (Tcp.hasSeq << direction);
    } else if (length > 0 && !(flags & TcpFlag.syn)) {
      if (before === seq) words[at + NEXT_SEQ] = seq + length;
      else this.#outOfOrder(base, packet, direction, length);
    }
    if (payload > 0) this.#data(base, packet, direction, words[at + NEXT_SEQ] !== before);
    if (flags & TcpFlag.ack) {
      this.acknowledge(base, packet, direction);
      if (packet.tcpWindow === 0 || words[base + TCP]! & (Tcp.zeroWindow << direction))
        this.#window(base, packet, direction);
    }
  }

  /** Takes in an acknowledgement number. */
  acknowledge(base: number, packet: Decoded, direction: number): void {
    const words = this.#words;
    const at = base + direction + ACKED;
    const tcp = words[base + TCP]!;
    if (!(tcp & (Tcp.hasAck << direction))) {
      words[base + TCP] = tcp | (Tcp.hasAck << direction);
      words[at] = packet.tcpAck;
    } else if (((packet.tcpAck - words[at]!) | 0) > 0) words[at] = packet.tcpAck;
    if (direction === RECEIVED && tcp & Tcp.probe) this.#sampleRtt(base, packet);
  }

  /** Whether data of this direction has not been acknowledged. A FIN is no data. */
  owes(flow: number, direction: number): boolean {
    const words = this.#words;
    const base = flow * WORDS;
    const tcp = words[base + TCP]!;
    const other = 1 - direction;
    if (!(tcp & (Tcp.hasSeq << direction)) || !(tcp & (Tcp.hasAck << other))) return false;
    const end = words[base + NEXT_SEQ + direction]! - (tcp & (Tcp.fin << direction) ? 1 : 0);
    return ((end - words[base + ACKED + other]!) | 0) > 0;
  }

  /** Whether everything of this direction, a FIN included, was acknowledged. */
  allAcknowledged(flow: number, direction: number): boolean {
    const base = flow * WORDS;
    return this.#words[base + NEXT_SEQ + direction] === this.#words[base + ACKED + 1 - direction];
  }

  /** Notes who sent data last, and when new data went: what is sent again could be answered twice (Karn). */
  #data(base: number, packet: Decoded, direction: number, isNew: boolean): void {
    const words = this.#words;
    const tcp = words[base + TCP]!;
    let next = (tcp & ~DATA_BOTH) | (Tcp.data << direction);
    if (direction === SENT && isNew && wantsProbe(tcp)) {
      this.#rare[base + PROBE_SEQ] = packet.tcpSeq + packet.payloadBytes;
      this.#rare[base + PROBE_US] = packet.timeUs >>> 0;
      next |= Tcp.probe;
    }
    words[base + TCP] = next;
  }

  #sampleRtt(base: number, packet: Decoded): void {
    const words = this.#words;
    if (((packet.tcpAck - this.#rare[base + PROBE_SEQ]!) | 0) < 0) return;
    words[base + TCP] = (words[base + TCP]! & ~Tcp.probe) + Tcp.sample;
    const sample = Math.max(1, (packet.timeUs - this.#rare[base + PROBE_US]!) | 0);
    const smooth = this.#rare[base + SRTT]!;
    // RFC 6298, 2.3
    this.#rare[base + SRTT] = smooth === 0 ? sample : Math.max(1, smooth + ((sample - smooth) >> 3));
    words[base + FLAGS] = words[base + FLAGS]! | Flag.rtt;
  }

  #window(base: number, packet: Decoded, direction: number): void {
    if (packet.tcpFlags & TcpFlag.syn) return;
    const words = this.#words;
    const bit = Tcp.zeroWindow << direction;
    const was = (words[base + TCP]! & bit) !== 0;
    const is = packet.tcpWindow === 0;
    if (was === is) return;
    words[base + TCP] = words[base + TCP]! ^ bit;
    if (is) this.#rare[base + ZERO_WINDOWS + direction] = this.#rare[base + ZERO_WINDOWS + direction]! + 1;
  }

  #outOfOrder(base: number, packet: Decoded, direction: number, length: number): void {
    const words = this.#words;
    const at = base + direction;
    const seq = packet.tcpSeq;
    const next = words[at + NEXT_SEQ]!;
    const end = (seq + length) | 0;
    const ahead = (seq - next) | 0;
    if (ahead > FAR || ahead < -FAR) {
      words[at + NEXT_SEQ] = end;
      words[base + TCP] = words[base + TCP]! & ~(Tcp.hole << direction);
      return;
    }
    if (ahead > 0) this.#openHole(base, packet, direction);
    else if (!this.#isKeepAlive(base, packet, direction)) this.#repeated(base, packet, direction, end);
    if (((end - next) | 0) > 0) words[at + NEXT_SEQ] = end;
  }

  /** One range is kept: several gaps close together become one, which only matters for REORDER_US. */
  #openHole(base: number, packet: Decoded, direction: number): void {
    const words = this.#words;
    const at = base + direction;
    const tcp = words[base + TCP]!;
    if (!(tcp & (Tcp.hole << direction))) this.#rare[at + HOLE_START] = words[at + NEXT_SEQ]!;
    this.#rare[at + HOLE_END] = packet.tcpSeq;
    this.#rare[at + HOLE_US] = packet.timeUs >>> 0;
    words[base + TCP] = tcp | (Tcp.hole << direction);
  }

  /** One byte (or none) below what is expected, all of it acknowledged (RFC 9293, 3.8.4). */
  #isKeepAlive(base: number, packet: Decoded, direction: number): boolean {
    const words = this.#words;
    const next = words[base + direction + NEXT_SEQ]!;
    return (
      packet.payloadBytes === 1 &&
      ((packet.tcpSeq + 1) | 0) === next &&
      !(packet.tcpFlags & TcpFlag.fin) &&
      words[base + ACKED + 1 - direction] === next
    );
  }

  /** A segment that begins below what is expected: sent again, unless it only comes late. */
  #repeated(base: number, packet: Decoded, direction: number, end: number): void {
    const words = this.#words;
    const at = base + direction;
    const tcp = words[base + TCP]!;
    if (tcp & (Tcp.hole << direction)) {
      const start = this.#rare[at + HOLE_START]!;
      const fits = ((packet.tcpSeq - start) | 0) >= 0 && ((end - this.#rare[at + HOLE_END]!) | 0) <= 0;
      if (fits) {
        if (packet.tcpSeq === start) this.#rare[at + HOLE_START] = end;
        if (this.#rare[at + HOLE_START] === this.#rare[at + HOLE_END])
          words[base + TCP] = tcp & ~(Tcp.hole << direction);
        const within = this.#rare[base + REORDER_WITHIN_US]! || REORDER_US;
        if (((packet.timeUs - this.#rare[at + HOLE_US]!) | 0) < within) return;
      }
    }
    this.#rare[at + RETRANSMITS] = this.#rare[at + RETRANSMITS]! + 1;
    if (direction === SENT) words[base + TCP] = words[base + TCP]! & ~Tcp.probe;
  }
}

/** A few samples for each row are enough, and a segment that waits for its acknowledgement is. */
function wantsProbe(tcp: number): boolean {
  return (tcp & Tcp.probe) === 0 && (tcp & Tcp.samplesMask) !== Tcp.samplesMask;
}
