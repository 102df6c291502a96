/** Port: where the bytes that a tool prints go. */
export interface Sink {
  /** For people: `file /tmp/x`, `collector 10.0.0.1:51001`. */
  readonly name: string;
  /**
   * Takes the next bytes, which are the sink's from now on. False: it has enough and calls `onDrain` when it wants more
   * (it took these nevertheless). After a failure it takes and forgets.
   */
  write(chunk: Uint8Array): boolean;
  /** Set by whoever writes. */
  onDrain: () => void;
  /** Set by whoever writes: called once when it can take no more, with a sentence. */
  onFailure: (error: Error) => void;
  /** Resolves when everything is where it belongs; rejects with a sentence when it is not. */
  end(): Promise<void>;
}
