import type { FlowTable } from '../flow/flow-table.js';

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
  readonly counters: IngestCounters;

  constructor(_table: FlowTable, _captureId: number) {
    throw new Error('not yet');
  }

  /** `PcapError` that ended the stream; 0 while it can be read. */
  get error(): number {
    return 0;
  }

  /** Time of the last packet, microseconds since 1970; 0 before the first. */
  get lastUs(): number {
    return 0;
  }

  /** Takes the next bytes, in chunks of any size; the chunk may be reused when push() returns. */
  push(_chunk: Uint8Array): void {}
}
