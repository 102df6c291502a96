import { EmitReason, type FlowColumns } from '@snoopy/proto';
import type { Decoded } from '../decode/decoded.js';
import { type CaptureOptions, CaptureTable } from './capture-table.js';
import type { Counted } from './counted.js';
import { DnsPool } from './dns-pool.js';
import { type ExcludedLink, ExcludedLinks } from './excluded-links.js';
import { FlowCounters } from './flow-counters.js';
import { FlowDrain } from './flow-drain.js';
import { FlowExpiry } from './flow-expiry.js';
import { FlowLife } from './flow-life.js';
import { FlowStore } from './flow-store.js';
import { BYTES, captureOf, DOUBLES, FLAGS, Flag, ORIGIN, PACKETS, WORDS } from './layout.js';
import { tableSizes } from './memory-plan.js';
import { PacketMeter } from './packet-meter.js';

export type { CaptureOptions } from './capture-table.js';
export { Counted } from './counted.js';
export type { ExcludedLink } from './excluded-links.js';
export { FlowCounters } from './flow-counters.js';
export { BATCH } from './key-batch.js';

export interface FlowTableOptions {
  /** All the memory that the table may take, bytes; at least MIN_TABLE_BYTES. */
  readonly memoryBytes: number;
  /** Makes hash collisions unpredictable: a random 32-bit number. */
  readonly seed: number;
}

/** The flows of all watched interfaces of a node, in a fixed amount of memory. */
export class FlowTable {
  readonly counters = new FlowCounters();
  /** Flows that fit. */
  readonly capacity: number;

  readonly #captures = new CaptureTable();
  readonly #excluded = new ExcludedLinks();
  readonly #store: FlowStore;
  readonly #life: FlowLife;
  readonly #expiry: FlowExpiry;
  readonly #drain: FlowDrain;
  readonly #meter: PacketMeter;

  /** Throws RangeError if the memory does not do for a table. */
  constructor(options: FlowTableOptions) {
    const { flows, dnsEntries } = tableSizes(options.memoryBytes);
    this.capacity = flows;
    const pool = new DnsPool(dnsEntries, options.seed);
    this.#store = new FlowStore(flows, options.seed);
    this.#life = new FlowLife(this.#store, this.#captures, pool);
    this.#expiry = new FlowExpiry(this.#life);
    this.#drain = new FlowDrain(this.#life, this.#captures, pool, this.counters);
    this.#meter = new PacketMeter(
      this.#life,
      this.#captures,
      this.#excluded,
      this.#expiry,
      this.counters,
      pool,
      options.seed,
    );
  }

  /** Flows in the table now, those included that only wait for stragglers or for their last row. */
  get live(): number {
    return this.#store.live;
  }

  /** What flows in the table have counted since their last rows. Looks at every slot: for tests and reports. */
  pending(): { packets: number; bytes: number } {
    const { words, doubles, used } = this.#store;
    let packets = 0;
    let bytes = 0;
    for (let flow = 0; flow < used; flow++) {
      if (!(words[flow * WORDS + FLAGS]! & Flag.live)) continue;
      packets += words[flow * WORDS + PACKETS]! + words[flow * WORDS + PACKETS + 1]!;
      bytes += doubles[flow * DOUBLES + BYTES]! + doubles[flow * DOUBLES + BYTES + 1]!;
    }
    return { packets, bytes };
  }

  /** Starts a capture. Its number is not given out again before the last row of an earlier one has left. */
  addCapture(capture: CaptureOptions): number {
    return this.#captures.add(capture);
  }

  /** The addresses that a pod has now. */
  setAddresses(captureId: number, addresses: readonly Uint8Array[]): void {
    this.#captures.get(captureId).setAddresses(addresses);
  }

  /** Ends a capture: its flows leave with the next drains, reason `shutdown`. Packets that follow are lost. */
  removeCapture(captureId: number): void {
    const { words, used } = this.#store;
    const capture = this.#captures.get(captureId);
    for (let flow = 0; flow < used && capture.flows > 0; flow++) {
      const base = flow * WORDS;
      if (words[base + FLAGS]! & Flag.indexed && captureOf(words[base + ORIGIN]!) === captureId)
        this.#life.leave(flow, EmitReason.shutdown);
    }
    capture.removed = true;
    this.#captures.collect(captureId);
  }

  /** Ends everything, as removeCapture() for every capture. */
  shutdown(): void {
    for (const id of this.#captures.ids()) if (!this.#captures.get(id).removed) this.removeCapture(id);
  }

  /** Snoopy's own links from now on; the whole list. What was counted of them and has not left will not leave. */
  setExcluded(links: readonly ExcludedLink[]): void {
    this.#excluded.set(links);
    for (let flow = 0; flow < this.#store.used; flow++) {
      const flags = this.#store.words[flow * WORDS + FLAGS]!;
      if (!(flags & Flag.live)) continue;
      const own = this.#excluded.has(this.#store, flow);
      if (own && !(flags & Flag.excluded)) this.#exclude(flow);
      else if (!own && flags & Flag.excluded) this.#life.release(flow);
    }
  }

  /**
   * Counts packets of one capture.
   *
   * @param packets the first `count` of them; at most BATCH
   * @param view holds their frames; read for DNS and SCTP
   */
  observe(packets: readonly Decoded[], count: number, captureId: number, view: DataView): void {
    this.#meter.observe(packets, count, captureId, view);
  }

  /**
   * Adds packets of one flow and direction that were counted elsewhere. They say nothing of how it began or ended.
   *
   * @param packet whose they are: time of the last one, addresses, ports, protocol, link direction
   */
  add(packet: Decoded, counted: Counted, captureId: number): void {
    this.#meter.add(packet, counted, captureId);
  }

  /** Lets time pass: ends what is idle, decides what got no answer, makes active flows due at multiples of 5 s. */
  advance(nowUs: number): void {
    this.#meter.advance(nowUs);
    this.#expiry.advance(nowUs);
    this.#drain.advance(nowUs);
  }

  /**
   * Clears `columns` and fills it with rows that are due.
   *
   * @param budgetRows at most so many rows (and never more than columns.capacity)
   * @returns whether more rows are due
   */
  drain(columns: FlowColumns, nowUs: number, budgetRows: number): boolean {
    return this.#drain.fill(columns, nowUs, budgetRows);
  }

  /** What the flow has counted goes to the excluded, and it starts anew as one of ours. */
  #exclude(flow: number): void {
    const { words, doubles } = this.#store;
    const base = flow * WORDS;
    const at = flow * DOUBLES;
    this.counters.excludedPackets += words[base + PACKETS]! + words[base + PACKETS + 1]!;
    this.counters.excludedBytes += doubles[at + BYTES]! + doubles[at + BYTES + 1]!;
    this.#life.discard(flow);
  }
}
