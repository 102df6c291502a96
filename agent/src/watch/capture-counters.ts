import type { Answer } from './takeover-moment.js';

/**
 * tcpdump's own counters, which it prints on standard error: at SIGUSR1 as one line, at its end as three.
 *
 *   tcpdump: 12 packets captured, 15 packets received by filter, 0 packets dropped by kernel
 *
 * All are 32-bit and wrap. `received` includes `dropped`; what was received and neither captured nor dropped is still
 * in the kernel's ring.
 */
export class CaptureCounters {
  captured = 0;
  received = 0;
  dropped = 0;
  /** Complete sets of numbers so far. */
  reports = 0;

  #last = { captured: 0, received: 0, dropped: 0 };

  /** Takes a line of standard error. Returns whether it completed a set of numbers. */
  line(text: string): boolean {
    let found = false;
    for (const match of text.matchAll(/(\d+) packets? (captured|received by filter|dropped by kernel)/g)) {
      const word =
        match[2] === 'captured' ? 'captured' : match[2] === 'dropped by kernel' ? 'dropped' : 'received';
      this.#set(word, Number(match[1]));
      found = word === 'dropped';
    }
    if (found) this.reports++;
    return found;
  }

  /** Packets in the kernel's ring when the last set was printed. */
  get unread(): number {
    return Math.max(0, this.received - this.captured - this.dropped);
  }

  /** The last set. */
  get answer(): Answer {
    return { accepted: this.received - this.dropped, dropped: this.dropped };
  }

  #set(word: 'captured' | 'received' | 'dropped', value: number): void {
    this[word] += (value - this.#last[word]) >>> 0;
    this.#last[word] = value;
  }
}
