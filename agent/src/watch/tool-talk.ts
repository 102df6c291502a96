import { CaptureCounters } from './capture-counters.js';

/** What a tcpdump says on standard error, and the one question it answers there: how many packets so far. */
export class ToolTalk {
  readonly counters = new CaptureCounters();
  /** Resolves when it captures: from now on no packet passes unseen; false if it ended before. */
  readonly listening: Promise<boolean>;

  #heard: (listening: boolean) => void = () => {};
  #listens = false;
  #asked = 0;
  readonly #waiting = new Set<() => void>();

  /** @param signal sends SIGUSR1, false if the tool is gone */
  constructor(readonly signal: () => boolean) {
    this.listening = new Promise((resolve) => {
      this.#heard = resolve;
    });
  }

  /** Takes a line of standard error. */
  line(text: string): void {
    if (/\blistening on\b/.test(text)) {
      this.#listens = true;
      this.#heard(true);
    }
    this.counters.line(text);
    for (const resolve of this.#waiting) resolve();
  }

  /** Resolves with its next line, or after so many milliseconds. */
  nextLine(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#waiting.add(done);
    });
  }

  /** To be told when the tool has ended. */
  ended(): void {
    this.#heard(false);
  }

  /** Asks for the counters, unless an earlier question has no answer yet. */
  ask(): void {
    // Before it listens the signal would end it.
    if (this.#listens && this.answered && this.signal()) this.#asked++;
  }

  /** Whether every question has its answer: the next counters then answer the next question. */
  get answered(): boolean {
    return this.counters.reports >= this.#asked;
  }
}
