/**
 * How an interface is captured. `low`: every packet comes at once, each costs tcpdump a wake-up and a write (5 µs).
 * `high`: the kernel hands over blocks of 256 KiB, or what there is after 1 s; a twentieth of the cost, and early enough
 * as soon as a block fills within a fraction of a second.
 */
export type Gear = 'low' | 'high';

/** Packets a second. A block of small ones (144 bytes each in the ring) fills in 0.6 s at this rate, of larger ones sooner. */
const upRate = 3_000;
const downRate = 1_500;
/** In the low gear packets come as they are; in the high one in blocks, up to 1 s apart: milliseconds to count over. */
const lowWindowMs = 200;
const highWindowMs = 2_500;
/** So many slow windows in a row end the high gear. */
const slowWindows = 2;
/** Nothing for so long: what is in tcpdump's own buffer is freed only by its end. Doubles when the traffic comes in bursts. */
const silenceMs = 500;
const mostSilenceMs = 8_000;
/** A change this soon after the last one makes the next one harder. */
const burstMs = 20_000;

/** Decides when an interface changes gear. Time is passed in, milliseconds that never go back. */
export class GearBox {
  #windowMs: number;
  #windowPackets = 0;
  #slow = 0;
  #packets = 0;
  #heardMs: number;
  #changedMs = Number.NEGATIVE_INFINITY;
  #patienceMs = silenceMs;

  constructor(nowMs: number) {
    this.#windowMs = nowMs;
    this.#heardMs = nowMs;
  }

  /**
   * The gear that fits, to be asked a few times a second.
   * @param packets seen since the start
   */
  wanted(gear: Gear, packets: number, nowMs: number): Gear {
    if (packets > this.#packets) this.#heardMs = nowMs;
    this.#packets = packets;
    if (gear === 'high' && nowMs - this.#heardMs >= this.#patienceMs) return 'low';
    const elapsed = nowMs - this.#windowMs;
    if (elapsed < (gear === 'low' ? lowWindowMs : highWindowMs)) return gear;
    const rate = ((packets - this.#windowPackets) * 1_000) / elapsed;
    this.#startWindow(nowMs);
    if (gear === 'low') return rate >= upRate ? 'high' : 'low';
    this.#slow = rate < downRate ? this.#slow + 1 : 0;
    return this.#slow >= slowWindows ? 'low' : 'high';
  }

  /** To be told when the gear has changed. */
  changed(gear: Gear, nowMs: number): void {
    if (gear === 'high') {
      const soon = nowMs - this.#changedMs < burstMs;
      this.#patienceMs = soon ? Math.min(mostSilenceMs, this.#patienceMs * 2) : silenceMs;
    }
    this.#changedMs = nowMs;
    this.#heardMs = nowMs;
    this.#slow = 0;
    this.#startWindow(nowMs);
  }

  #startWindow(nowMs: number): void {
    this.#windowMs = nowMs;
    this.#windowPackets = this.#packets;
  }
}
