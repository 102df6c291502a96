/** Why a pcap stream cannot be read any further. */
export const PcapError = {
  none: 0,
  magic: 1,
  /** A record longer than the file's own snap length. */
  overSnaplen: 2,
  /** A record longer than any capture's (262,144 bytes). */
  recordLength: 3,
} as const;

/**
 * Reads a pcap stream in chunks of any size, as a cursor:
 *
 *     reader.feed(chunk);
 *     while (reader.next()) decodeFrame(reader.view, reader.offset, reader.captured, reader.original, reader.linkType, out);
 *     if (reader.error !== 0) …
 *
 * Until next() says false the chunk must stay as it is; afterwards it may be reused.
 */
export class PcapReader {
  /** LINKTYPE_ number; -1 before the file header was read. */
  linkType = -1;
  snaplen = 0;
  /** `PcapError`; once it is not 0 nothing more is read. */
  error: number = PcapError.none;
  /** Records read so far. */
  packets = 0;

  /** The current record: its bytes are view[offset … offset + captured). */
  view: DataView = new DataView(new ArrayBuffer(0));
  offset = 0;
  captured = 0;
  original = 0;
  /** Microseconds since 1970. */
  timeUs = 0;

  feed(_chunk: Uint8Array): void {}

  next(): boolean {
    return false;
  }
}
