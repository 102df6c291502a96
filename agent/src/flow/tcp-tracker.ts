import { Closed, EmitReason, Initiator, Outcome } from '@snoopy/proto';
import { type Decoded, TcpFlag } from '../decode/decoded.js';
import type { Counted } from './counted.js';
import type { FlowLife } from './flow-life.js';
import { ACKED, FLAGS, Flag, NEXT_SEQ, RECEIVED, RESET_BY, SENT, TCP, Tcp, WORDS } from './layout.js';
import { TcpHandshake } from './tcp-handshake.js';
import { TcpSequence } from './tcp-sequence.js';

const TURNS = TcpFlag.syn | TcpFlag.fin | TcpFlag.rst;

/** TCP bits of a flow whose next packet needs no thought if it is in order: open both ways, past its handshake. */
const BOTH = 3;
const ORDINARY = (Tcp.hasSeq * BOTH) | (Tcp.hasAck * BOTH);
const ORDINARY_MASK = ORDINARY | Tcp.handshaking | (Tcp.fin * BOTH) | (Tcp.zeroWindow * BOTH);

/** An RST further than this from what was expected is not believed (RFC 5961 asks for an exact match). */
const RST_WINDOW = 1 << 24;

/** What TCP packets do to their flow. */
export class TcpTracker {
  readonly #life: FlowLife;
  readonly #words: Int32Array;
  readonly #handshake: TcpHandshake;
  readonly #sequence: TcpSequence;

  constructor(life: FlowLife) {
    this.#life = life;
    this.#words = life.store.words;
    this.#handshake = new TcpHandshake(life);
    this.#sequence = new TcpSequence(life.store);
  }

  /** The first packet of a flow. */
  begin(flow: number, packet: Decoded, direction: number): void {
    if (packet.tcpFlags & TcpFlag.rst) {
      this.#reset(flow, packet, direction);
      return;
    }
    this.#handshake.begin(flow, packet, direction);
    this.#sequence.track(flow, packet, direction);
    if (packet.tcpFlags & TcpFlag.fin) this.#markFin(flow, direction);
  }

  /**
   * If the packet begins another connection on the flow's addresses and ports, the old one ends and leaves.
   *
   * @returns whether it did, so that a new flow is needed
   */
  startsOver(flow: number, packet: Decoded, direction: number): boolean {
    if ((packet.tcpFlags & TURNS) !== TcpFlag.syn || packet.tcpFlags & TcpFlag.ack) return false;
    if (!this.#handshake.beginsAnew(flow, packet, direction)) return false;
    const flags = this.#words[flow * WORDS + FLAGS]!;
    if (flags & Flag.excluded) return false;
    if (flags & Flag.handshaking) this.#life.fail(flow, Outcome.timeout, packet.timeUs);
    else this.#life.end(flow, this.#bothFins(flow) ? Closed.fin : Closed.idle, packet.timeUs);
    this.#life.leave(flow, EmitReason.closed);
    return true;
  }

  /** Every packet of a flow but the first. */
  track(flow: number, packet: Decoded, direction: number): void {
    const words = this.#words;
    const base = flow * WORDS;
    const ordinary =
      (packet.tcpFlags & (TURNS | TcpFlag.ack)) === TcpFlag.ack &&
      (words[base + TCP]! & ORDINARY_MASK) === ORDINARY &&
      words[base + NEXT_SEQ + direction] === packet.tcpSeq &&
      packet.tcpWindow !== 0;
    if (ordinary) this.#sequence.advance(base, packet, direction);
    else this.#turn(flow, packet, direction);
  }

  /** Segments that were counted elsewhere: the next one is expected after them. */
  skip(flow: number, counted: Counted, direction: number): void {
    this.#sequence.skip(flow * WORDS, counted, direction);
  }

  #turn(flow: number, packet: Decoded, direction: number): void {
    const flags = packet.tcpFlags;
    if (flags & TcpFlag.rst) {
      this.#reset(flow, packet, direction);
      return;
    }
    this.#sequence.track(flow, packet, direction);
    if (this.#words[flow * WORDS + FLAGS]! & Flag.handshaking) this.#handshake.step(flow, packet, direction);
    if (flags & TcpFlag.fin) this.#markFin(flow, direction);
    if (this.#bothFins(flow)) this.#tryFinish(flow, packet);
  }

  #markFin(flow: number, direction: number): void {
    const at = flow * WORDS + TCP;
    this.#words[at] = this.#words[at]! | (Tcp.fin << direction);
  }

  #bothFins(flow: number): boolean {
    const tcp = this.#words[flow * WORDS + TCP]!;
    return (tcp & (Tcp.fin << SENT)) !== 0 && (tcp & (Tcp.fin << RECEIVED)) !== 0;
  }

  #tryFinish(flow: number, packet: Decoded): void {
    if (this.#sequence.allAcknowledged(flow, SENT) && this.#sequence.allAcknowledged(flow, RECEIVED))
      this.#life.end(flow, Closed.fin, packet.timeUs);
  }

  #reset(flow: number, packet: Decoded, direction: number): void {
    const flags = this.#words[flow * WORDS + FLAGS]!;
    if (flags & Flag.handshaking) {
      this.#handshake.step(flow, packet, direction);
      return;
    }
    if (flags & Flag.ended || !this.#believes(flow, packet, direction)) return;
    const seen = this.#words[flow * WORDS + TCP]! & ((Tcp.hasSeq << SENT) | (Tcp.hasSeq << RECEIVED));
    // what this RST rejects lasts a whole round trip: its own acknowledgement counts
    if (packet.tcpFlags & TcpFlag.ack) this.#sequence.acknowledge(flow * WORDS, packet, direction);
    this.#life.store.rare[flow * WORDS + RESET_BY] = 1 + direction;
    this.#life.end(flow, seen === 0 ? Closed.none : this.#howReset(flow, direction), packet.timeUs);
  }

  #believes(flow: number, packet: Decoded, direction: number): boolean {
    const base = flow * WORDS;
    if (!(this.#words[base + TCP]! & (Tcp.hasSeq << direction))) return true;
    const ahead = (packet.tcpSeq - this.#words[base + NEXT_SEQ + direction]!) | 0;
    return (
      (ahead > -RST_WINDOW && ahead < RST_WINDOW) ||
      packet.tcpSeq === this.#words[base + ACKED + 1 - direction]
    );
  }

  /** `fin` if both sides had finished, `aborted` if something was owed, else `reset`. */
  #howReset(flow: number, direction: number): number {
    if (this.#sequence.owes(flow, SENT) || this.#sequence.owes(flow, RECEIVED)) return Closed.aborted;
    if (this.#bothFins(flow)) return Closed.fin;
    return this.#requestUnanswered(flow, direction) ? Closed.aborted : Closed.reset;
  }

  /** The latest data came from the initiator; if that is unknown, from the side that did not reset. */
  #requestUnanswered(flow: number, resetDirection: number): boolean {
    const base = flow * WORDS;
    const initiator = this.#words[base + FLAGS]! & Flag.initiatorMask;
    let asking = 1 - resetDirection;
    if (initiator === Initiator.local) asking = SENT;
    if (initiator === Initiator.peer) asking = RECEIVED;
    return (this.#words[base + TCP]! & (Tcp.data << asking)) !== 0;
  }
}
