import { newDecodeCounters } from '../decode/decode-error.js';
import { Decoded } from '../decode/decoded.js';
import { decodeFrame } from '../decode/frame.js';
import { BATCH, type FlowTable } from '../flow/flow-table.js';
import { PcapReader } from './pcap-reader.js';

/** What became of every record of a capture: `records = observed + the sum of errors[1…]`. */
export interface IngestCounters {
  /** Bytes of pcap taken in. */
  bytes: number;
  records: number;
  /** Packets that the flow table was given. */
  observed: number;
  /** By `DecodeError`; notIp counts frames that are no fault. */
  readonly errors: Float64Array;
}

/** One capture's way from the bytes of `tcpdump -w -` into the flow table; synchronous. */
export class Ingest {
  readonly counters: IngestCounters = { bytes: 0, records: 0, observed: 0, errors: newDecodeCounters() };
  readonly #reader = new PcapReader();
  readonly #packets = Array.from({ length: BATCH }, () => new Decoded());
  #lastUs = 0;

  constructor(
    private readonly table: FlowTable,
    private readonly captureId: number,
  ) {}

  /** `PcapError` that ended the stream; 0 while it can be read. */
  get error(): number {
    return this.#reader.error;
  }

  /** Time of the last packet, microseconds since 1970; 0 before the first. */
  get lastUs(): number {
    return this.#lastUs;
  }

  /** Bytes that were read of a record that is not complete yet. */
  get pendingBytes(): number {
    return this.#reader.pendingBytes;
  }

  /** Takes the next bytes, in chunks of any size; the chunk may be reused when push() returns. */
  push(chunk: Uint8Array): void {
    this.counters.bytes += chunk.length;
    this.#reader.feed(chunk);
    // the first record may have begun in an earlier chunk: its bytes lie elsewhere
    let more = this.#take(1);
    while (more) more = this.#take(BATCH);
  }

  /** @returns whether there may be more records in the chunk */
  #take(limit: number): boolean {
    const { counters } = this;
    const reader = this.#reader;
    let count = 0;
    let more = true;
    while (count < limit) {
      more = reader.next();
      if (!more) break;
      const packet = this.#packets[count]!;
      packet.timeUs = reader.timeUs;
      const { view, offset, captured, original, linkType } = reader;
      const error = decodeFrame(view, offset, captured, original, linkType, packet);
      counters.records++;
      if (error === 0) count++;
      else counters.errors[error]!++;
    }
    counters.observed += count;
    if (count > 0) {
      this.#lastUs = this.#packets[count - 1]!.timeUs;
      this.table.observe(this.#packets, count, this.captureId, reader.view);
    }
    return more;
  }
}
