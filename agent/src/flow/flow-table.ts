import type { FlowColumns, PodRef } from '@snoopy/proto';
import type { Decoded } from '../decode/decoded.js';

/** One interface of one pod that is being watched. */
export interface CaptureOptions {
  readonly pod: PodRef;
  readonly interface: string;
  /** The interface's own MAC, 6 bytes: frames from it are `sent`. Absent or zero (lo, tun): the addresses decide. */
  readonly mac?: Uint8Array | undefined;
  /** The pod's addresses, 4 or 16 bytes each. */
  readonly addresses: readonly Uint8Array[];
}

/** A TCP connection that must not be counted (DESIGN, law 10). Addresses of 4 or 16 bytes; port 0: any. */
export interface ExcludedLink {
  readonly address: Uint8Array;
  readonly port: number;
  readonly peerAddress: Uint8Array;
  readonly peerPort: number;
}

export interface FlowTableOptions {
  /** All the memory that the table may take, bytes. */
  readonly memoryBytes: number;
  /** Makes hash collisions unpredictable: a random 32-bit number. */
  readonly seed: number;
}

/**
 * What became of every packet that was given to observe(). At every moment
 * `seen = emitted + live + lost + excluded`, in packets and in frame bytes.
 */
export interface FlowCounters {
  seenPackets: number;
  seenBytes: number;
  /** In rows that drain() handed out. */
  emittedPackets: number;
  emittedBytes: number;
  /** No slot was free for a new flow and none could be evicted: stage `flow_table`, reason `full`. */
  lostPackets: number;
  lostBytes: number;
  /** Snoopy's own links. */
  excludedPackets: number;
  excludedBytes: number;
  /** Rows that drain() handed out. */
  rows: number;
  flowsCreated: number;
  /** Flows that had to leave early because the table was full; each left a row with reason `full`. */
  flowsEvicted: number;
  /** DNS transactions that found no room: stage `dns`, reason `full`, unit records. */
  dnsLost: number;
  /** DNS messages that could not be read, by `DecodeError`. */
  readonly dnsErrors: Float64Array;
}

/** The flows of all watched interfaces of a node, in a fixed amount of memory. */
export class FlowTable {
  readonly counters: FlowCounters;
  /** Flows that fit. */
  readonly capacity: number;

  constructor(_options: FlowTableOptions) {
    throw new Error('not yet');
  }

  /** Flows in the table now, those included that only wait for stragglers. */
  get live(): number {
    return 0;
  }

  /** Starts a capture. Its number is not given out again before the last row of an earlier one has left. */
  addCapture(_capture: CaptureOptions): number {
    return 0;
  }

  /** Addresses that a pod has got or lost since addCapture(). */
  setAddresses(_captureId: number, _addresses: readonly Uint8Array[]): void {}

  /** Ends a capture: its flows leave with the next drains, reason `shutdown`. */
  removeCapture(_captureId: number): void {}

  /** Ends everything, as removeCapture() for every capture. */
  shutdown(): void {}

  /** Snoopy's own links from now on; the whole list. */
  setExcluded(_links: readonly ExcludedLink[]): void {}

  /**
   * Counts one packet.
   *
   * @param view holds the frame; read for DNS and SCTP
   */
  observe(_packet: Decoded, _captureId: number, _view: DataView): void {}

  /** Lets time pass: ends what is idle, decides what got no answer, makes active flows due at multiples of 5 s. */
  advance(_nowUs: number): void {}

  /**
   * Clears `columns` and fills it with rows that are due.
   *
   * @param budgetRows at most so many rows (and never more than columns.capacity)
   * @returns whether more rows are due
   */
  drain(_columns: FlowColumns, _nowUs: number, _budgetRows: number): boolean {
    return false;
  }
}
