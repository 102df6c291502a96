/** Packets that are looked at together. */
export const BATCH = 16;

/** What is known of the packets of a batch before their flows are touched; one reused object. */
export class KeyBatch {
  readonly directions = new Int32Array(BATCH);
  /** local << 16 | peer */
  readonly ports = new Int32Array(BATCH);
  /** see originOf() */
  readonly origins = new Int32Array(BATCH);
  readonly hashes = new Int32Array(BATCH);
  /** Where the flow probably is, + 1; FlowStore.lookAhead() makes it sure. */
  readonly guesses = new Int32Array(BATCH);
  /** The flow, or -1: look for it. */
  readonly flows = new Int32Array(BATCH);
}
