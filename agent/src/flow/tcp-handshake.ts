import { Initiator, Outcome } from '@snoopy/proto';
import { type Decoded, TcpFlag } from '../decode/decoded.js';
import type { FlowLife } from './flow-life.js';
import {
  CLIENT_ISN,
  DOUBLES,
  FLAGS,
  Flag,
  GAP_US,
  HANDSHAKE_US,
  LOCAL,
  OPEN_US,
  PEER,
  PORTS,
  RECEIVED,
  REORDER_WITHIN_US,
  SENT,
  SERVER_ISN,
  STEP_US,
  SYN_RETRIES,
  TCP,
  Tcp,
  WORDS,
} from './layout.js';
import { REORDER_US } from './timeouts.js';

const { syn: SYN, ack: ACK, rst: RST } = TcpFlag;

/** Data in a SYN (RFC 7413) may be acknowledged with it. */
const MOST_SYN_DATA = 65_535;

/**
 * An attempt to connect, from its first SYN to its outcome: `established` when the initiator acknowledges the SYN-ACK
 * (or, opened from both sides, when each SYN was acknowledged), `refused` by an RST of the responder. `timeout` when
 * the initiator answers the SYN-ACK with an RST: it had given up. Silence is FlowExpiry's, ICMP is IcmpErrors' part.
 */
export class TcpHandshake {
  readonly #life: FlowLife;
  readonly #words: Int32Array;
  readonly #rare: Int32Array;
  readonly #rareDoubles: Float64Array;

  constructor(life: FlowLife) {
    this.#life = life;
    this.#words = life.store.words;
    this.#rare = life.store.rare;
    this.#rareDoubles = life.store.rareDoubles;
  }

  /** The first packet of a flow. Without a SYN the connection is older than the watch and its initiator unknown. */
  begin(flow: number, packet: Decoded, direction: number): void {
    const kind = packet.tcpFlags & (SYN | ACK | RST);
    if (kind === SYN) this.#open(flow, packet, direction);
    else if (kind === (SYN | ACK)) this.#joinLate(flow, packet, direction);
  }

  /**
   * Whether a SYN on a known flow begins another connection with the same addresses and ports: it has a new initial
   * sequence number (a client that reuses its port, within TIME_WAIT or without).
   */
  beginsAnew(flow: number, packet: Decoded, direction: number): boolean {
    const base = flow * WORDS;
    const flags = this.#words[base + FLAGS]!;
    const fromInitiator = this.#isInitiator(flags, direction);
    const known = flags & (fromInitiator ? Flag.hasClientIsn : Flag.hasServerIsn);
    if (!known) return !(flags & Flag.handshaking);
    return this.#rare[base + (fromInitiator ? CLIENT_ISN : SERVER_ISN)] !== packet.tcpSeq;
  }

  /** A packet of an attempt that is under way. */
  step(flow: number, packet: Decoded, direction: number): void {
    const flags = this.#words[flow * WORDS + FLAGS]!;
    if (packet.tcpFlags & SYN) this.#noteTry(flow, packet);
    if (this.#isInitiator(flags, direction)) this.#fromInitiator(flow, packet, direction);
    else this.#fromResponder(flow, packet, direction);
  }

  #isInitiator(flags: number, direction: number): boolean {
    return (flags & Flag.initiatorMask) === (direction === SENT ? Initiator.local : Initiator.peer);
  }

  #open(flow: number, packet: Decoded, direction: number): void {
    const base = flow * WORDS;
    const initiator = direction === SENT ? Initiator.local : Initiator.peer;
    this.#words[base + FLAGS] =
      this.#words[base + FLAGS]! | initiator | Flag.handshaking | Flag.opened | Flag.hasClientIsn;
    this.#words[base + TCP] = Tcp.handshaking;
    this.#rare[base + CLIENT_ISN] = packet.tcpSeq;
    this.#rareDoubles[flow * DOUBLES + OPEN_US] = packet.timeUs;
    this.#rareDoubles[flow * DOUBLES + STEP_US] = packet.timeUs;
    this.#life.setDue(flow);
  }

  /** The watch began between SYN and SYN-ACK. Both numbers are known, yet it is not this watch's to count. */
  #joinLate(flow: number, packet: Decoded, direction: number): void {
    const base = flow * WORDS;
    const initiator = direction === SENT ? Initiator.peer : Initiator.local;
    this.#words[base + FLAGS] =
      this.#words[base + FLAGS]! | initiator | Flag.hasClientIsn | Flag.hasServerIsn;
    this.#rare[base + CLIENT_ISN] = packet.tcpAck - 1;
    this.#rare[base + SERVER_ISN] = packet.tcpSeq;
  }

  #noteTry(flow: number, packet: Decoded): void {
    const at = flow * DOUBLES + STEP_US;
    const gap = packet.timeUs - this.#rareDoubles[at]!;
    const base = flow * WORDS;
    if (gap > this.#rare[base + GAP_US]!) this.#rare[base + GAP_US] = Math.min(gap, 0x7fffffff);
    this.#rareDoubles[at] = packet.timeUs;
  }

  #fromInitiator(flow: number, packet: Decoded, direction: number): void {
    const base = flow * WORDS;
    const words = this.#words;
    const kind = packet.tcpFlags & (SYN | ACK | RST);
    const answered = (words[base + FLAGS]! & Flag.hasServerIsn) !== 0;
    const ahead = (packet.tcpAck - this.#rare[base + SERVER_ISN]!) | 0;
    if (kind === SYN) this.#rare[base + SYN_RETRIES] = this.#rare[base + SYN_RETRIES]! + 1;
    else if (kind & RST) {
      // before any answer it rejects something else: a challenge ACK for an older connection
      if (answered) this.#life.fail(flow, Outcome.timeout, packet.timeUs);
    } else if (words[base + TCP]! & Tcp.simultaneous) {
      if (ahead > 0) this.#acknowledged(flow, packet, 1 - direction);
    } else if (kind === ACK && (!answered || ahead > 0)) this.#establish(flow, packet);
  }

  #fromResponder(flow: number, packet: Decoded, direction: number): void {
    const base = flow * WORDS;
    const words = this.#words;
    const kind = packet.tcpFlags & (SYN | ACK | RST);
    const ahead = (packet.tcpAck - this.#rare[base + CLIENT_ISN]! - 1) | 0;
    const acknowledges = (packet.tcpFlags & ACK) !== 0 && ahead >= 0 && ahead <= MOST_SYN_DATA;
    if (kind & RST) {
      const follows =
        (words[base + FLAGS]! & Flag.hasServerIsn) !== 0 &&
        packet.tcpSeq === ((this.#rare[base + SERVER_ISN]! + 1) | 0);
      if (acknowledges || follows) this.#life.fail(flow, Outcome.refused, packet.timeUs);
    } else if (kind === SYN) this.#openBoth(flow, packet);
    else if (!acknowledges) return;
    else if (kind & SYN) this.#answer(flow, packet, direction);
    else if (words[base + TCP]! & Tcp.simultaneous) this.#acknowledged(flow, packet, 1 - direction);
    else if (packet.payloadBytes > 0) this.#establish(flow, packet); // the ACK before it was not seen
  }

  #answer(flow: number, packet: Decoded, direction: number): void {
    const base = flow * WORDS;
    this.#rare[base + SERVER_ISN] = packet.tcpSeq;
    this.#words[base + FLAGS] = this.#words[base + FLAGS]! | Flag.hasServerIsn;
    if (this.#words[base + TCP]! & Tcp.simultaneous) this.#acknowledged(flow, packet, 1 - direction);
  }

  /** Two SYNs crossed. Both ends must call the same one the client: the lower address and port. */
  #openBoth(flow: number, packet: Decoded): void {
    const base = flow * WORDS;
    const words = this.#words;
    if (words[base + TCP]! & Tcp.simultaneous) return;
    words[base + TCP] = words[base + TCP]! | Tcp.simultaneous;
    this.#rare[base + SERVER_ISN] = packet.tcpSeq;
    let flags = words[base + FLAGS]! | Flag.hasServerIsn;
    const client = this.#localIsLower(base) ? Initiator.local : Initiator.peer;
    if ((flags & Flag.initiatorMask) !== client) {
      flags = (flags & ~Flag.initiatorMask) | client;
      this.#rare[base + SERVER_ISN] = this.#rare[base + CLIENT_ISN]!;
      this.#rare[base + CLIENT_ISN] = packet.tcpSeq;
    }
    words[base + FLAGS] = flags;
  }

  #localIsLower(base: number): boolean {
    for (let i = 0; i < 4; i++) {
      const local = this.#words[base + LOCAL + i]! >>> 0;
      const peer = this.#words[base + PEER + i]! >>> 0;
      if (local !== peer) return local < peer;
    }
    const ports = this.#words[base + PORTS]!;
    return ports >>> 16 <= (ports & 0xffff);
  }

  /** Opened from both sides: the SYN of that direction was acknowledged. */
  #acknowledged(flow: number, packet: Decoded, direction: number): void {
    const base = flow * WORDS;
    const tcp = this.#words[base + TCP]! | (Tcp.synAcked << direction);
    this.#words[base + TCP] = tcp;
    if (tcp & (Tcp.synAcked << SENT) && tcp & (Tcp.synAcked << RECEIVED)) this.#establish(flow, packet);
  }

  #establish(flow: number, packet: Decoded): void {
    const took = packet.timeUs - this.#rareDoubles[flow * DOUBLES + OPEN_US]!;
    this.#rare[flow * WORDS + HANDSHAKE_US] = Math.max(1, took);
    this.#rare[flow * WORDS + REORDER_WITHIN_US] = Math.min(Math.max(1, took), REORDER_US);
    this.#words[flow * WORDS + TCP] = this.#words[flow * WORDS + TCP]! & ~Tcp.handshaking;
    this.#life.settle(flow, Outcome.established);
  }
}
