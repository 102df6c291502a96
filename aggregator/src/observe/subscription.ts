import type { Clock, LossMessage, LossUnitName } from '@snoopy/proto';
import type { FlowEncoder } from './flow-encoder.js';
import type { FlowRing } from './flow-ring.js';
import type { FlowsQuery } from './flows-query.js';

/** Where a subscription's messages go. */
export interface Outlet {
  /** Takes a GetFlowsResponse; `done` is called once it is in the socket, and its memory is used again then. */
  write(message: Buffer, done: () => void): void;
  /** No more messages: everything was sent. */
  end(): void;
}

/** Flows in one message. */
const MOST_FLOWS = 1_000;
/** A message of more bytes takes no further flow. */
const FULL_MESSAGE = 128 << 10;
/** Messages that the socket has not taken yet: with FULL_MESSAGE, the bound of a subscriber's memory. */
const MOST_IN_FLIGHT = 2;
/** A step looks at so many entries, far less than a millisecond's work, and ends earlier at its deadline. */
const STEP = 4_096;
const STEP_MS = 3;
/** The clock is read once for so many entries. */
const CLOCK_EVERY = 64;
/** A follower's stream ends so long after `until`: agents and merge need that time for the last flows. */
const UNTIL_GRACE_US = 2_000_000;

/**
 * One reader of the ring. It moves in steps that the fan-out gives it and stands still while its socket is full;
 * flows that leave the ring meanwhile are counted as lost for it.
 */
export class Subscription {
  #cursor: number;
  #flushed: number;
  /** Not a follower: where it ends. */
  readonly #end: number;
  /** Of `last`: how many matches are still to be found going back from the cursor; 0 when found. */
  #seeking: number;
  /** Position behind each message in flight, oldest first. */
  readonly #inFlight: number[] = [];
  /** Memory of messages that were sent, to be used again: it would wait long for the garbage collector. */
  readonly #spare: Buffer[] = [];
  readonly #lost = new Map<string, LossMessage & { count: number }>();
  #ended = false;

  /** @param onSlow hears how many flows this reader lost @param onRoom hears that the socket took a message */
  constructor(
    readonly ring: FlowRing,
    readonly encoder: FlowEncoder,
    readonly query: FlowsQuery,
    readonly outlet: Outlet,
    readonly clock: Clock,
    readonly onSlow: (flows: number) => void,
    readonly onRoom: (subscription: Subscription) => void,
  ) {
    const position = ring.position();
    this.#end = query.follow ? Number.POSITIVE_INFINITY : position;
    this.#cursor = query.onlyNew || query.last > 0 ? position : ring.oldest();
    this.#flushed = this.#cursor;
    this.#seeking = query.last;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Everything below it was handed to the socket, or did not match. */
  get flushed(): number {
    return this.#inFlight.length === 0 && this.#seeking === 0 ? this.#cursor : this.#flushed;
  }

  /** Something was lost elsewhere that may concern this reader. */
  addLoss(where: string, stage: string, reason: string, unit: LossUnitName, count: number): void {
    const node = this.query.sight.all ? where : '';
    const key = JSON.stringify([node, stage, reason, unit]);
    const entry = this.#lost.get(key);
    if (entry) entry.count += count;
    else this.#lost.set(key, { node, stage, reason, unit, count });
  }

  /** Ends at once; nothing more is written. */
  close(): void {
    this.#ended = true;
  }

  /** A bounded piece of work. Returns whether there is more to do at once. */
  step(): boolean {
    if (this.#ended || this.#inFlight.length >= MOST_IN_FLIGHT) return false;
    const deadline = this.clock.monotonicMs() + STEP_MS;
    if (this.#seeking > 0) {
      this.#seek(deadline);
      return true;
    }
    this.#countOverrun();
    const from = this.#cursor;
    const limit = Math.min(this.ring.position(), this.#end);
    this.#scan(limit, deadline);
    this.#send(from);
    if (this.#cursor < limit) return true;
    if (this.#isOver()) this.#finish();
    return false;
  }

  /** Goes back until enough flows match. */
  #seek(deadline: number): void {
    const { ring, query } = this;
    const stop = Math.max(ring.oldest(), this.#cursor - STEP);
    while (this.#cursor > stop && this.#seeking > 0 && !this.#late(this.#cursor, deadline)) {
      this.#cursor--;
      if (query.matches(ring, ring.slotOf(this.#cursor))) this.#seeking--;
    }
    if (this.#cursor <= ring.oldest()) this.#seeking = 0;
    this.#flushed = this.#cursor;
  }

  #countOverrun(): void {
    const missed = this.ring.oldest() - this.#cursor;
    if (missed <= 0) return;
    this.#cursor = this.ring.oldest();
    this.addLoss('', 'subscriber', 'slow', 'LOSS_UNIT_RECORDS', missed);
    this.onSlow(missed);
  }

  #late(position: number, deadline: number): boolean {
    return position % CLOCK_EVERY === 0 && this.clock.monotonicMs() > deadline;
  }

  #scan(limit: number, deadline: number): void {
    const { ring, encoder, query } = this;
    const stop = Math.min(limit, this.#cursor + STEP);
    let flows = 0;
    let at = this.#cursor;
    for (; at < stop && flows < MOST_FLOWS && encoder.bytes < FULL_MESSAGE; at++) {
      if (this.#late(at, deadline) && at > this.#cursor) break;
      const slot = ring.slotOf(at);
      if (!query.matches(ring, slot)) continue;
      encoder.flow(slot, query.sight);
      flows++;
    }
    this.#cursor = at;
  }

  /** @param from everything below was handed over before */
  #send(from: number): void {
    const { encoder } = this;
    for (const loss of this.#lost.values()) encoder.loss(loss);
    this.#lost.clear();
    if (encoder.bytes === 0) return;
    if (this.#inFlight.length === 0) this.#flushed = from;
    this.#inFlight.push(this.#cursor);
    const { bytes } = encoder;
    const memory = encoder.finish(this.#spare.pop());
    this.outlet.write(memory.subarray(0, bytes), () => this.#written(memory));
  }

  #written(memory: Buffer): void {
    this.#spare.push(memory);
    this.#flushed = this.#inFlight.shift()!;
    if (!this.#ended) this.onRoom(this);
  }

  #isOver(): boolean {
    if (this.#cursor >= this.#end) return true;
    const { untilUs } = this.query;
    return untilUs !== undefined && this.clock.nowUs() > untilUs + UNTIL_GRACE_US;
  }

  /** Says goodbye once all is written. */
  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.outlet.end();
  }

  /** Sends what is there, as far as the socket takes it, and ends the stream. For a shutdown. */
  drain(): void {
    if (this.#ended) return;
    while (this.step());
    this.#finish();
  }
}
