import { closeSync, readSync } from 'node:fs';
import type { MapIterator } from './libbpf.js';
import type { Pass } from './node-kernel.js';

/** The kernel hands out about as much at a time. */
const BUFFER_BYTES = 32 << 10;

/**
 * One pass over a BPF map through an iterator, in slices: next() moves from row to row and reads more when the buffer
 * is used up. Between passes it holds no descriptor.
 */
export class MapPass implements Pass {
  readonly data: DataView;
  /** Of the row that next() found. */
  offset = 0;
  /** Since the beginning: passes, rows, and the time that reading took, of the longest read too; milliseconds. */
  passes = 0;
  rows = 0;
  readMs = 0;
  longestMs = 0;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #filled = 0;
  #next = 0;
  #fd = -1;

  constructor(
    private readonly iterator: MapIterator,
    private readonly rowBytes: number,
  ) {
    this.data = new DataView(this.#buffer.buffer);
  }

  get running(): boolean {
    return this.#fd >= 0;
  }

  get buffered(): boolean {
    return this.running && this.#next + this.rowBytes <= this.#filled;
  }

  start(): void {
    if (this.running) return;
    this.#fd = this.iterator.open();
    this.passes++;
    this.#filled = 0;
    this.#next = 0;
  }

  /** Moves to the next row; false at the end of the pass. */
  next(): boolean {
    if (!this.running) return false;
    if (this.#next + this.rowBytes > this.#filled && !this.#read()) return false;
    this.offset = this.#next;
    this.#next += this.rowBytes;
    return true;
  }

  close(): void {
    if (this.running) closeSync(this.#fd);
    this.#fd = -1;
  }

  /** The iterator writes whole rows, and read() gives whole rows when the buffer is a multiple of one. */
  #read(): boolean {
    const most = BUFFER_BYTES - (BUFFER_BYTES % this.rowBytes);
    const start = performance.now();
    this.#filled = readSync(this.#fd, this.#buffer, 0, most, null);
    const ms = performance.now() - start;
    this.readMs += ms;
    this.longestMs = Math.max(this.longestMs, ms);
    this.rows += Math.floor(this.#filled / this.rowBytes);
    this.#next = 0;
    if (this.#filled === 0) this.close();
    return this.#filled > 0;
  }
}
