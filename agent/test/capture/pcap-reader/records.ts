import { PcapReader } from '../../../src/capture/pcap-reader.js';

/** What a reader said about one record, its bytes copied. */
export interface Record {
  readonly timeUs: number;
  readonly original: number;
  readonly bytes: string;
}

/** Everything that a fresh reader finds in these chunks. */
export function readAll(chunks: Iterable<Uint8Array>): { reader: PcapReader; records: Record[] } {
  const reader = new PcapReader();
  const records: Record[] = [];
  for (const chunk of chunks) {
    reader.feed(chunk);
    while (reader.next()) records.push(copy(reader));
  }
  return { reader, records };
}

function copy(reader: PcapReader): Record {
  const bytes = Buffer.from(reader.view.buffer as ArrayBuffer, reader.offset, reader.captured).toString(
    'hex',
  );
  return { timeUs: reader.timeUs, original: reader.original, bytes };
}
