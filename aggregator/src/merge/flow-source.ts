/** One run of one agent, which is what numbers records. */
export interface FlowSource {
  /** In the order of appearance; never reused. */
  readonly index: number;
  readonly agent: string;
  readonly epoch: number;
  /** When it was first seen, milliseconds of the aggregator's clock. */
  readonly sinceMs: number;
  connected: boolean;
  /** Since when, if it is. */
  connectedAtMs: number;
  /** When it was lost, if it is not connected. */
  lostAtMs: number;
  /** Changes when some of its records were lost: of connections that live then, something may be missing. Modulo 256. */
  recordMark: number;
  /** Changes when it did not capture some packets. Modulo 256. */
  packetMark: number;
  /** Its clock minus ours, 0 until known. */
  clockOffsetUs: number;
}

/** All sources since the start. */
export class FlowSources {
  readonly #all: FlowSource[] = [];
  readonly #latest = new Map<string, FlowSource>();

  add(agent: string, epoch: number, nowMs: number): FlowSource {
    const source: FlowSource = {
      index: this.#all.length,
      agent,
      epoch,
      sinceMs: nowMs,
      connected: true,
      connectedAtMs: nowMs,
      lostAtMs: 0,
      recordMark: 0,
      packetMark: 0,
      clockOffsetUs: 0,
    };
    this.#all.push(source);
    this.#latest.set(agent, source);
    return source;
  }

  get(index: number): FlowSource {
    return this.#all[index]!;
  }

  /** Whether the agent of that name is connected now. */
  isConnected(agent: string): boolean {
    return this.#latest.get(agent)?.connected ?? false;
  }
}
