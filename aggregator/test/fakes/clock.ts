import type { Clock } from '@snoopy/proto';
import { TIME_US } from './flow.js';

/** Time that moves when told to. */
export class FakeClock implements Clock {
  ms = 0;

  nowUs(): number {
    return TIME_US + this.ms * 1_000;
  }

  monotonicMs(): number {
    return this.ms;
  }
}
