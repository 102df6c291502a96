import { newDecodeCounters } from '../decode/decode-error.js';
import { Decoded } from '../decode/decoded.js';
import { decodeFrame } from '../decode/frame.js';
import type { FlowTable } from '../flow/flow-table.js';
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
  readonly #packet = new Decoded();

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
    return this.#packet.timeUs;
  }

  /** Takes the next bytes, in chunks of any size; the chunk may be reused when push() returns. */
  push(chunk: Uint8Array): void {
    const { counters } = this;
    const reader = this.#reader;
    const packet = this.#packet;
    counters.bytes += chunk.length;
    reader.feed(chunk);
    while (reader.next()) {
      packet.timeUs = reader.timeUs;
      counters.records++;
      const error = decodeFrame(
        reader.view,
        reader.offset,
        reader.captured,
        reader.original,
        reader.linkType,
        packet,
      );
      if (error !== 0) counters.errors[error]!++;
      else {
        counters.observed++;
        this.table.observe(packet, this.captureId, reader.view);
      }
    }
  }
}
