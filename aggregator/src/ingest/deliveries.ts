/**
 * Port: how far the readers of merged flows are. Every flow that the fan-out takes gets the next position; an
 * agent's rows are acknowledged once the flows they went into lie below `flushedPosition`.
 */
export interface Deliveries {
  /** Position of the next flow to be taken. */
  position(): number;
  /** Every flow below it was written to the sockets of all readers that keep up; `position()` when nobody reads. */
  flushedPosition(): number;
}
