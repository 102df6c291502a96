import type { ClockReply } from '@snoopy/proto';

/** Samples among which the one with the shortest round trip counts: it was delayed least (RFC 5905, section 10). */
const KEPT = 8;

interface Sample {
  readonly offsetUs: number;
  readonly roundTripUs: number;
}

/** An agent's clock minus ours, from NTP's four time stamps. */
export class ClockOffset {
  #samples: Sample[] = [];
  #best: Sample | undefined;

  /** 0 until known. */
  get offsetUs(): number {
    return this.#best?.offsetUs ?? 0;
  }

  /** The offset is right to this, half the round trip; 0 until known. */
  get errorUs(): number {
    return (this.#best?.roundTripUs ?? 0) / 2;
  }

  /** @param nowUs when the reply came */
  add(reply: Pick<ClockReply, 'sentUs' | 'receivedUs' | 'repliedUs'>, nowUs: number): void {
    const { sentUs, receivedUs, repliedUs } = reply;
    const roundTripUs = nowUs - sentUs - (repliedUs - receivedUs);
    if (roundTripUs < 0) return;
    const offsetUs = (receivedUs - sentUs + (repliedUs - nowUs)) / 2;
    this.#samples.push({ offsetUs, roundTripUs });
    if (this.#samples.length > KEPT) this.#samples.shift();
    this.#best = this.#samples.reduce((best, sample) =>
      sample.roundTripUs < best.roundTripUs ? sample : best,
    );
  }
}
