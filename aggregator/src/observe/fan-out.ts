import { type Clock, SnoopyError } from '@snoopy/proto';
import type { Deliveries } from '../ingest/deliveries.js';
import type { LossLedger } from '../loss/loss-ledger.js';
import { FlowEncoder } from './flow-encoder.js';
import type { FlowRing } from './flow-ring.js';
import type { FlowsQuery } from './flows-query.js';
import { LossWatch } from './loss-watch.js';
import { PositionHistory } from './position-history.js';
import { type Outlet, Subscription } from './subscription.js';

/** A flow waits at most so long before its subscribers get it. */
const TICK_MS = 50;
/** Work between two turns of the event loop. */
const SLICE_MS = 5;
/** Losses elsewhere are looked for so often. */
const LOSS_TICKS = 10;
/** A subscriber further behind than this does not hold up acknowledgements. */
const KEEPS_UP_MS = 1_000;
/** 10 s of positions. */
const HISTORY = 10_000 / TICK_MS;

/** Hands the ring's flows to its subscribers, each at its own pace. */
export class FanOut implements Deliveries {
  readonly #encoder: FlowEncoder;
  readonly #subscriptions = new Set<Subscription>();
  readonly #ready: Subscription[] = [];
  readonly #queued = new Set<Subscription>();
  readonly #history = new PositionHistory(HISTORY);
  readonly #losses: LossWatch;
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  #ticks = 0;
  /** Who is below is late. */
  #late = 0;

  constructor(
    readonly ring: FlowRing,
    readonly ledger: LossLedger,
    readonly clock: Clock,
    readonly mostSubscribers = 100,
  ) {
    this.#encoder = new FlowEncoder(ring);
    this.#losses = new LossWatch(ledger);
  }

  start(): void {
    this.#timer ??= setInterval(() => this.tick(), TICK_MS).unref();
  }

  get subscribers(): number {
    return this.#subscriptions.size;
  }

  /** Flows per second over the last 10 s. */
  flowsPerSecond(): number {
    return this.#history.rate();
  }

  position(): number {
    return this.ring.position();
  }

  flushedPosition(): number {
    const position = this.ring.position();
    let least = position;
    for (const { flushed } of this.#subscriptions) {
      if (flushed >= this.#late && flushed < least) least = flushed;
    }
    return least;
  }

  /** Throws SnoopyError LIMIT when there are too many. The caller closes what it gets when its caller goes. */
  subscribe(query: FlowsQuery, outlet: Outlet): Subscription {
    if (this.#subscriptions.size >= this.mostSubscribers) {
      throw new SnoopyError(
        'LIMIT',
        `There are ${this.mostSubscribers} subscribers already: end one, or start the aggregator with a larger --subscribers.`,
      );
    }
    const subscription = new Subscription(
      this.ring,
      this.#encoder,
      query,
      outlet,
      this.clock,
      (flows) => this.ledger.add('', 'subscriber', 'slow', 'LOSS_UNIT_RECORDS', flows),
      (one) => this.#enqueue(one),
    );
    this.#subscriptions.add(subscription);
    this.#enqueue(subscription);
    return subscription;
  }

  /** Ends every stream after what its socket still takes. */
  close(): void {
    clearInterval(this.#timer);
    for (const subscription of this.#subscriptions) subscription.drain();
    this.#subscriptions.clear();
  }

  /** Every 50 ms. */
  tick(): void {
    const now = this.clock.monotonicMs();
    this.#history.note(now, this.ring.position());
    this.#late = this.#history.at(now - KEEPS_UP_MS);
    if (this.#ticks++ % LOSS_TICKS === 0) this.#passLosses();
    for (const subscription of this.#subscriptions) {
      if (subscription.ended) this.#subscriptions.delete(subscription);
      else this.#enqueue(subscription);
    }
  }

  #passLosses(): void {
    this.ledger.add('', 'flow_ring', 'dns', 'LOSS_UNIT_RECORDS', this.ring.dnsDropped);
    this.ring.dnsDropped = 0;
    for (const { node, stage, reason, unit, count } of this.#losses.since()) {
      for (const subscription of this.#subscriptions) {
        subscription.addLoss(node, stage, reason, unit, count);
      }
    }
  }

  #enqueue(subscription: Subscription): void {
    if (this.#queued.has(subscription)) return;
    this.#queued.add(subscription);
    this.#ready.push(subscription);
    if (this.#running) return;
    this.#running = true;
    setImmediate(() => this.#run());
  }

  /** Steps of the subscribers in turn, so that a busy one does not keep the others waiting. */
  #run(): void {
    const end = this.clock.monotonicMs() + SLICE_MS;
    do {
      const subscription = this.#ready.shift();
      if (!subscription) break;
      this.#queued.delete(subscription);
      if (subscription.step()) this.#enqueue(subscription);
    } while (this.clock.monotonicMs() < end);
    this.#running = this.#ready.length > 0;
    if (this.#running) setImmediate(() => this.#run());
  }
}
