import type { Clock } from '@snoopy/proto';

/** A clock that goes when told to. */
export class HandClock implements Clock {
  constructor(public us = 1_800_000_000e6) {}

  nowUs(): number {
    return this.us;
  }

  monotonicMs(): number {
    return this.us / 1_000;
  }

  goMs(ms: number): void {
    this.us += ms * 1_000;
  }
}
