import type { FlowColumns, PodRef } from '@snoopy/proto';
import { FlowExtra, FlowLimits } from '@snoopy/proto';
import { AddressDictionary } from '../flow/address-dictionary.js';

/** Most extras of one row: every FlowExtra once. */
const EXTRAS_OF_ROW = Object.keys(FlowExtra).length;

/** A batch being filled from kernel rows: its dictionaries, and the pods by the numbers that the programs know. */
export class Batch {
  columns!: FlowColumns;
  /** Added to CLOCK_MONOTONIC, gives microseconds since 1970. */
  wallOffsetUs = 0;
  readonly #addresses = new AddressDictionary();
  readonly #words = new Int32Array(4);
  readonly #indexOfPod = new Map<PodRef, number>();
  readonly #indexOfName = new Map<string, number>();

  begin(columns: FlowColumns, wallOffsetUs: number): void {
    this.columns = columns;
    this.wallOffsetUs = wallOffsetUs;
    columns.clear();
    this.#addresses.begin();
    this.#indexOfPod.clear();
    this.#indexOfName.clear();
  }

  hasRoom(): boolean {
    const { columns } = this;
    return (
      columns.rows < columns.capacity &&
      columns.extras + EXTRAS_OF_ROW <= columns.extraRow.length &&
      columns.pods.length < FlowLimits.pods &&
      columns.names.length < FlowLimits.names &&
      this.#addresses.room(columns) >= 2
    );
  }

  pod(pod: PodRef): number {
    let index = this.#indexOfPod.get(pod);
    if (index === undefined) {
      index = this.columns.pods.push(pod) - 1;
      this.#indexOfPod.set(pod, index);
    }
    return index;
  }

  name(name: string): number {
    let index = this.#indexOfName.get(name);
    if (index === undefined) {
      index = this.columns.names.push(name) - 1;
      this.#indexOfName.set(name, index);
    }
    return index;
  }

  /** Index of the 16 bytes at `offset`. */
  address(view: DataView, offset: number): number {
    for (let i = 0; i < 4; i++) this.#words[i] = view.getInt32(offset + i * 4);
    return this.#addresses.indexOf(this.columns, this.#words, 0);
  }

  /** Index of the address at `words[at … at + 3]`. */
  addressOf(words: Int32Array, at: number): number {
    return this.#addresses.indexOf(this.columns, words, at);
  }

  /** A row that counts nothing. */
  noCounters(row: number): void {
    const { columns } = this;
    columns.sentPackets[row] = 0;
    columns.receivedPackets[row] = 0;
    columns.sentBytes[row] = 0;
    columns.receivedBytes[row] = 0;
    columns.sentPayload[row] = 0;
    columns.receivedPayload[row] = 0;
    columns.sentSegments[row] = 0;
    columns.receivedSegments[row] = 0;
  }

  /** Microseconds since 1970 of a CLOCK_MONOTONIC time in nanoseconds. */
  timeUs(view: DataView, offset: number): number {
    return Math.round(this.wallOffsetUs + number64(view, offset) / 1_000);
  }

  extra(row: number, field: number, value: number): void {
    if (value === 0) return;
    const { columns } = this;
    const at = columns.extras++;
    columns.extraRow[at] = row;
    columns.extraField[at] = field;
    columns.extraValue[at] = value;
  }
}

/** An unsigned 64-bit number, little endian, exact to 2^53. */
export function number64(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * 4_294_967_296 + view.getUint32(offset, true);
}
