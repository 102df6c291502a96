import { Closed, EmitReason, Initiator, Outcome, Protocol } from '@snoopy/proto';
import type { FlowLife } from './flow-life.js';
import type { FlowStore } from './flow-store.js';
import {
  DOUBLES,
  FLAGS,
  Flag,
  GAP_US,
  LAST_US,
  ORIGIN,
  protocolOf,
  RECEIVED,
  SENT,
  STEP_US,
  TCP,
  Tcp,
  WORDS,
} from './layout.js';
import {
  ANSWERED_IDLE_US,
  EVICTABLE_US,
  EXCLUDED_IDLE_US,
  LINGER_US,
  retryPatienceUs,
  SCTP_IDLE_US,
  SWEEP_US,
  TCP_CLOSING_US,
  TCP_HALF_IDLE_US,
  TCP_IDLE_US,
  UNANSWERED_IDLE_US,
} from './timeouts.js';

/** Flows of which the longest idle is evicted, and how many more are looked at if none of those is idle. */
const CANDIDATES = 32;
const MOST_CANDIDATES = 1_024;
/** After a search in vain the next one waits for so much time of the packets. */
const RETRY_US = 10_000;

/**
 * What time does to flows. A hand goes round the slots once a second, a piece with each advance(): no lists to keep up
 * with every packet, and a clock that jumps does no harm.
 */
export class FlowExpiry {
  readonly #store: FlowStore;
  #hand = 0;
  #sweptUs = 0;
  #evictionHand = 0;
  #noVictimUs = Number.NEGATIVE_INFINITY;

  constructor(private readonly life: FlowLife) {
    this.#store = life.store;
  }

  /** Looks at the share of the slots that the time since the last call asks for. */
  advance(nowUs: number): void {
    const elapsed = nowUs - this.#sweptUs;
    this.#sweptUs = nowUs;
    const { used } = this.#store;
    const share = elapsed >= 0 && elapsed < SWEEP_US ? elapsed / SWEEP_US : 1;
    for (let left = Math.ceil(used * share); left > 0; left--) {
      if (this.#hand >= used) this.#hand = 0;
      this.#check(this.#hand++, nowUs);
    }
  }

  /**
   * Makes room: the longest silent of a few flows leaves, stragglers' first. Never one that was active within
   * EVICTABLE_US: a flood of new flows must not drive out those that work.
   * Its slot is free when its last row has left, or at once if there is none to come.
   *
   * @returns whether one left
   */
  evict(nowUs: number): boolean {
    if (nowUs - this.#noVictimUs < RETRY_US && nowUs >= this.#noVictimUs) return false;
    const victim = this.#victim(nowUs);
    if (victim < 0) this.#noVictimUs = nowUs;
    else this.life.leave(victim, EmitReason.full);
    return victim >= 0;
  }

  #victim(nowUs: number): number {
    let victim = -1;
    let oldestUs = nowUs - EVICTABLE_US;
    for (let i = 0; i < MOST_CANDIDATES && (victim < 0 || i < CANDIDATES); i++) {
      if (this.#evictionHand >= this.#store.used) this.#evictionHand = 0;
      const flow = this.#evictionHand++;
      const flags = this.#store.words[flow * WORDS + FLAGS]!;
      if (!(flags & Flag.indexed) || (flags & (Flag.ended | Flag.reported)) === Flag.ended) continue;
      if (flags & Flag.reported) return flow;
      const lastUs = this.#store.doubles[flow * DOUBLES + LAST_US]!;
      if (lastUs > oldestUs) continue;
      victim = flow;
      oldestUs = lastUs;
    }
    return victim;
  }

  #check(flow: number, nowUs: number): void {
    const base = flow * WORDS;
    const flags = this.#store.words[base + FLAGS]!;
    if (!(flags & Flag.indexed)) return;
    const doubles = this.#store.doubles;
    const silentUs = nowUs - doubles[flow * DOUBLES + LAST_US]!;
    if (flags & Flag.excluded) {
      if (silentUs > EXCLUDED_IDLE_US) this.life.release(flow);
    } else if (flags & Flag.ended) {
      if (flags & Flag.reported && silentUs > LINGER_US) this.life.leave(flow, EmitReason.closed);
    } else if (flags & Flag.handshaking) {
      const patience = retryPatienceUs(this.#store.rare[base + GAP_US]!);
      if (nowUs - this.#store.rareDoubles[flow * DOUBLES + STEP_US]! > patience)
        this.life.fail(flow, Outcome.timeout, nowUs);
    } else if (silentUs > this.#idleUs(base, flags)) this.#retire(flow, flags);
  }

  /** After its outcome an attempt that failed lingers; everything else leaves. */
  #retire(flow: number, flags: number): void {
    const base = flow * WORDS;
    const protocol = protocolOf(this.#store.words[base + ORIGIN]!);
    const lastUs = this.#store.doubles[flow * DOUBLES + LAST_US]!;
    if (protocol === Protocol.tcp || protocol === Protocol.sctp) {
      const known = (flags & Flag.initiatorMask) !== Initiator.unknown || this.#sawBoth(base);
      let closed: number = known ? Closed.idle : Closed.none;
      if (this.#fins(base) === 2) closed = Closed.fin;
      this.life.end(flow, closed, lastUs);
    }
    this.life.leave(flow, EmitReason.idle);
  }

  #idleUs(base: number, flags: number): number {
    switch (protocolOf(this.#store.words[base + ORIGIN]!)) {
      case Protocol.tcp: {
        const fins = this.#fins(base);
        if (fins === 2) return TCP_CLOSING_US;
        return fins === 1 || !this.#sawBoth(base) ? TCP_HALF_IDLE_US : TCP_IDLE_US;
      }
      case Protocol.sctp:
        return SCTP_IDLE_US;
      default:
        return flags & Flag.answered ? ANSWERED_IDLE_US : UNANSWERED_IDLE_US;
    }
  }

  #sawBoth(base: number): boolean {
    const both = (Tcp.hasSeq << SENT) | (Tcp.hasSeq << RECEIVED);
    return (this.#store.words[base + TCP]! & both) === both;
  }

  #fins(base: number): number {
    const tcp = this.#store.words[base + TCP]!;
    return (tcp & (Tcp.fin << SENT) ? 1 : 0) + (tcp & (Tcp.fin << RECEIVED) ? 1 : 0);
  }
}
