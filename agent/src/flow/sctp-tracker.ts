import { Closed, Initiator, Outcome } from '@snoopy/proto';
import type { Decoded } from '../decode/decoded.js';
import type { FlowLife } from './flow-life.js';
import {
  DOUBLES,
  FLAGS,
  Flag,
  GAP_US,
  HANDSHAKE_US,
  OPEN_US,
  SENT,
  STEP_US,
  SYN_RETRIES,
  WORDS,
} from './layout.js';

/** Chunk types (RFC 9260, 3.2). The first chunk of a packet decides; these are never bundled behind others. */
const DATA = 0;
const INIT = 1;
const INIT_ACK = 2;
const SACK = 3;
const ABORT = 6;
const COOKIE_ECHO = 10;
const COOKIE_ACK = 11;
const SHUTDOWN_COMPLETE = 14;
const NO_CHUNK = -1;

/**
 * SCTP associations: INIT opens an attempt, COOKIE ACK (or data behind it) establishes it, ABORT refuses or aborts it,
 * SHUTDOWN COMPLETE ends it. An association without INIT is older than the watch.
 */
export class SctpTracker {
  constructor(private readonly life: FlowLife) {}

  /** The first packet of a flow. */
  begin(flow: number, packet: Decoded, direction: number, view: DataView): void {
    if (chunk(packet, view) !== INIT) return;
    const words = this.life.store.words;
    const initiator = direction === SENT ? Initiator.local : Initiator.peer;
    words[flow * WORDS + FLAGS] = words[flow * WORDS + FLAGS]! | initiator | Flag.handshaking | Flag.opened;
    this.life.store.rareDoubles[flow * DOUBLES + OPEN_US] = packet.timeUs;
    this.life.store.rareDoubles[flow * DOUBLES + STEP_US] = packet.timeUs;
    this.life.setDue(flow);
  }

  /** Whether the packet opens another association where one has ended. */
  startsOver(flow: number, packet: Decoded, view: DataView): boolean {
    const flags = this.life.store.words[flow * WORDS + FLAGS]!;
    return (flags & Flag.ended) !== 0 && chunk(packet, view) === INIT;
  }

  /** Every packet of a flow but the first. */
  track(flow: number, packet: Decoded, direction: number, view: DataView): void {
    const flags = this.life.store.words[flow * WORDS + FLAGS]!;
    const kind = chunk(packet, view);
    if (flags & Flag.handshaking) this.#step(flow, packet, direction, kind, flags);
    else if (kind === ABORT) this.life.end(flow, Closed.aborted, packet.timeUs);
    else if (kind === SHUTDOWN_COMPLETE) this.life.end(flow, Closed.fin, packet.timeUs);
  }

  #step(flow: number, packet: Decoded, direction: number, kind: number, flags: number): void {
    const initiator = direction === SENT ? Initiator.local : Initiator.peer;
    const fromInitiator = (flags & Flag.initiatorMask) === initiator;
    if (kind === INIT || kind === INIT_ACK || kind === COOKIE_ECHO) this.#noteTry(flow, packet);
    if (kind === INIT && fromInitiator) this.#countRetry(flow);
    if (kind === ABORT)
      this.life.fail(flow, fromInitiator ? Outcome.timeout : Outcome.refused, packet.timeUs);
    const answers = kind === COOKIE_ACK || kind === DATA || kind === SACK;
    if (answers && !fromInitiator) this.#establish(flow, packet);
  }

  #countRetry(flow: number): void {
    const at = flow * WORDS + SYN_RETRIES;
    this.life.store.rare[at] = this.life.store.rare[at]! + 1;
  }

  #noteTry(flow: number, packet: Decoded): void {
    const { rare, rareDoubles } = this.life.store;
    const gap = packet.timeUs - rareDoubles[flow * DOUBLES + STEP_US]!;
    if (gap > rare[flow * WORDS + GAP_US]!) rare[flow * WORDS + GAP_US] = Math.min(gap, 0x7fffffff);
    rareDoubles[flow * DOUBLES + STEP_US] = packet.timeUs;
  }

  #establish(flow: number, packet: Decoded): void {
    const took = packet.timeUs - this.life.store.rareDoubles[flow * DOUBLES + OPEN_US]!;
    this.life.store.rare[flow * WORDS + HANDSHAKE_US] = Math.max(1, took);
    this.life.settle(flow, Outcome.established);
  }
}

function chunk(packet: Decoded, view: DataView): number {
  return packet.payloadCaptured > 0 ? view.getUint8(packet.payloadOffset) : NO_CHUNK;
}
