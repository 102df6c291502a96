/** Time, passed in (DESIGN, law 11). */
export interface Clock {
  /** Microseconds since 1970. */
  nowUs(): number;
  /** Milliseconds that never go back. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  nowUs: () => Date.now() * 1_000,
  monotonicMs: () => performance.now(),
};
