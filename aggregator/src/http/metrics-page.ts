import type { Clock } from '@snoopy/proto';
import type { FlowPage } from '../exposition/flow-page.js';

/** Where the text of the program's own metrics comes from. */
export interface OwnMetrics {
  metrics(): Promise<string>;
}

/** One scrape that is being sent. */
export interface Reader {
  /** Ends it now; it calls `leave` then. */
  cut(): void;
}

/** A page that is not older serves one more scrape while others are still being sent it. */
const FRESH_MS = 1_000;
/** A scrape that others wait for has so long, counted from its beginning. */
const PATIENCE_MS = 2_000;

/**
 * The page as the scrapes share it. Its buffers are rewritten in place, so it is brought up to date only while
 * nobody is being sent it. Scrapes that come together get the same page; one that comes later waits for the earlier
 * ones, which are cut off if they take too long.
 */
export class MetricsPage {
  readonly #readers = new Map<Reader, number>();
  #waiting: (() => void)[] = [];
  #updating: Promise<void> | undefined;
  #updatedMs = Number.NEGATIVE_INFINITY;
  #own = Buffer.alloc(0);

  constructor(
    readonly flows: FlowPage,
    readonly own: OwnMetrics,
    readonly clock: Clock,
  ) {}

  /** The page's parts, whole lines each. They stay as they are until the reader leaves. */
  async enter(reader: Reader): Promise<readonly Buffer[]> {
    while (!this.#updating && this.#readers.size > 0 && this.#age() > FRESH_MS) await this.#someoneLeaves();
    if (this.#updating || this.#readers.size === 0) {
      this.#updating ??= this.#update();
      await this.#updating;
    }
    this.#readers.set(reader, this.clock.monotonicMs());
    return [...this.flows.texts(), this.#own];
  }

  leave(reader: Reader): void {
    this.#readers.delete(reader);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  async #update(): Promise<void> {
    try {
      await this.flows.update();
      this.#own = Buffer.from(await this.own.metrics());
      this.#updatedMs = this.clock.monotonicMs();
    } finally {
      this.#updating = undefined;
    }
  }

  #age(): number {
    return this.clock.monotonicMs() - this.#updatedMs;
  }

  async #someoneLeaves(): Promise<void> {
    const left = Math.min(...this.#readers.values()) + PATIENCE_MS - this.clock.monotonicMs();
    const timer = setTimeout(() => this.#cutLate(), Math.max(0, left));
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    clearTimeout(timer);
  }

  #cutLate(): void {
    const now = this.clock.monotonicMs();
    for (const [reader, since] of this.#readers) if (now - since >= PATIENCE_MS - 1) reader.cut();
  }
}
