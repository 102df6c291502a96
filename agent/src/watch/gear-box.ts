/**
 * How an interface is captured. `low`: every packet comes at once, each costs a wake-up (about 2 µs). `high`: the kernel
 * hands over blocks of 256 KiB, or what there is after 1 s; a twentieth of the cost, and early enough as soon as a block
 * fills within a fraction of a second.
 */
export type Gear = 'low' | 'high';

/** A block of small packets (144 bytes each in the ring) fills in 0.3 s at this rate, of larger ones sooner. */
const upPerSecond = 6_000;
const downPerSecond = 3_000;
/** The rate must stay low for so long, milliseconds. */
const downAfterMs = 5_000;
/** Nothing for so long: what is in tcpdump's own buffer is freed only by its end. Doubles when the traffic comes in bursts. */
const silenceMs = 500;
const mostSilenceMs = 8_000;
/** A change this soon after the last one makes the next one harder. */
const burstMs = 20_000;

/** Decides when an interface changes gear. Time is passed in, milliseconds that never go back. */
export class GearBox {
  #packets = 0;
  #checkedMs: number;
  #busyMs: number;
  #heardMs: number;
  #changedMs = Number.NEGATIVE_INFINITY;
  #patienceMs = silenceMs;

  constructor(nowMs: number) {
    this.#checkedMs = nowMs;
    this.#busyMs = nowMs;
    this.#heardMs = nowMs;
  }

  /**
   * The gear that fits, to be asked a few times a second.
   * @param packets seen since the start
   */
  wanted(gear: Gear, packets: number, nowMs: number): Gear {
    const elapsed = nowMs - this.#checkedMs;
    if (elapsed < 100) return gear;
    const news = packets - this.#packets;
    const rate = (news * 1_000) / elapsed;
    this.#packets = packets;
    this.#checkedMs = nowMs;
    if (news > 0) this.#heardMs = nowMs;
    if (rate >= downPerSecond) this.#busyMs = nowMs;
    if (gear === 'low') return rate >= upPerSecond ? 'high' : 'low';
    const silent = nowMs - this.#heardMs >= this.#patienceMs;
    return silent || nowMs - this.#busyMs >= downAfterMs ? 'low' : 'high';
  }

  /** To be told when the gear has changed. */
  changed(gear: Gear, nowMs: number): void {
    if (gear === 'high') {
      const soon = nowMs - this.#changedMs < burstMs;
      this.#patienceMs = soon ? Math.min(mostSilenceMs, this.#patienceMs * 2) : silenceMs;
    }
    this.#changedMs = nowMs;
    this.#busyMs = nowMs;
    this.#heardMs = nowMs;
  }
}
