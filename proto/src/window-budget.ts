/** What every connection may send ahead, bytes: enough for a node's flows, little enough for a thousand of them. */
export const FIRST_WINDOW = 256 << 10;
/** Most that one connection gets. */
export const LARGEST_WINDOW = 8 << 20;
/** What all connections together get beyond the first. */
export const SHARED_WINDOW = 64 << 20;

/** A connection as the budget sees it. */
export interface WindowedConnection {
  /** Bytes received so far. */
  received(): number;
  setWindow(bytes: number): void;
}

interface Entry {
  window: number;
  received: number;
  idleTicks: number;
}

/** So many ticks without traffic give the window back. */
const IDLE_TICKS = 40;

/**
 * Flow-control windows that grow where they are what limits, out of one budget for all connections: a large window for
 * everyone would be a promise to hold 8 MiB for each of a thousand agents that reconnect at once.
 */
export class WindowBudget {
  readonly #entries = new Map<WindowedConnection, Entry>();
  #left: number;

  constructor(readonly shared = SHARED_WINDOW) {
    this.#left = shared;
  }

  get size(): number {
    return this.#entries.size;
  }

  add(connection: WindowedConnection): void {
    this.#entries.set(connection, { window: FIRST_WINDOW, received: connection.received(), idleTicks: 0 });
    connection.setWindow(FIRST_WINDOW);
  }

  remove(connection: WindowedConnection): void {
    const entry = this.#entries.get(connection);
    if (!entry) return;
    this.#left += entry.window - FIRST_WINDOW;
    this.#entries.delete(connection);
  }

  /**
   * To be called every 250 ms or so: a connection that filled its window since the last call may be held up by it,
   * so it gets twice as much while the budget lasts.
   */
  tick(): void {
    for (const [connection, entry] of this.#entries) {
      const received = connection.received();
      const moved = received - entry.received;
      entry.received = received;
      if (moved >= entry.window) this.#grow(connection, entry);
      entry.idleTicks = moved > FIRST_WINDOW / 4 ? 0 : entry.idleTicks + 1;
      if (entry.idleTicks > IDLE_TICKS && entry.window > FIRST_WINDOW) this.#shrink(connection, entry);
    }
  }

  #grow(connection: WindowedConnection, entry: Entry): void {
    const window = Math.min(entry.window * 2, LARGEST_WINDOW, entry.window + this.#left);
    if (window === entry.window) return;
    this.#left -= window - entry.window;
    entry.window = window;
    connection.setWindow(window);
  }

  #shrink(connection: WindowedConnection, entry: Entry): void {
    this.#left += entry.window - FIRST_WINDOW;
    entry.window = FIRST_WINDOW;
    entry.idleTicks = 0;
    connection.setWindow(FIRST_WINDOW);
  }
}
