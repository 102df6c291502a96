/** pcap records as agents send them, for tests. */

export interface TestPacket {
  /** Microseconds since 1970, may have a fraction. */
  readonly us: number;
  readonly bytes?: number;
  /** A number that the frame carries, to know it again. */
  readonly mark?: number;
}

/** Ethernet, IPv4, UDP port 9, with `mark` in the first payload bytes. */
export function frame(mark: number, bytes = 60): Buffer {
  const buffer = Buffer.alloc(Math.max(46, bytes));
  buffer.write('0200000000020200000000010800', 'hex');
  buffer[14] = 0x45;
  buffer.writeUInt16BE(buffer.length - 14, 16);
  buffer[22] = 64;
  buffer[23] = 17;
  buffer.writeUInt32BE(0x0a000001, 26);
  buffer.writeUInt32BE(0x0a000002, 30);
  buffer.writeUInt16BE(1_000, 34);
  buffer.writeUInt16BE(9, 36);
  buffer.writeUInt16BE(buffer.length - 34, 38);
  buffer.writeUInt32BE(mark, 42);
  return buffer;
}

export function records(packets: readonly TestPacket[]): Buffer {
  return Buffer.concat(
    packets.flatMap(({ us, bytes, mark }) => {
      const data = frame(mark ?? 0, bytes);
      const head = Buffer.alloc(16);
      const seconds = Math.floor(us / 1e6);
      head.writeUInt32LE(seconds, 0);
      head.writeUInt32LE(Math.round((us - seconds * 1e6) * 1_000), 4);
      head.writeUInt32LE(data.length, 8);
      head.writeUInt32LE(data.length, 12);
      return [head, data];
    }),
  );
}
