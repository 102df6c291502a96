/** Pcap streams for tests: little endian, nanoseconds, Ethernet, as tcpdump --nano writes them here. */
export interface Packet {
  readonly us: number;
  readonly frame: Uint8Array;
}

export function fileHeader(snaplen = 384): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b23c4d, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(snaplen, 16);
  header.writeUInt32LE(1, 20);
  return header;
}

export function record({ us, frame }: Packet): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(Math.floor(us / 1e6), 0);
  header.writeUInt32LE((us % 1e6) * 1_000, 4);
  header.writeUInt32LE(frame.length, 8);
  header.writeUInt32LE(frame.length, 12);
  return Buffer.concat([header, frame]);
}

export function stream(packets: readonly Packet[]): Buffer {
  return Buffer.concat([fileHeader(), ...packets.map(record)]);
}

/** Packets at these times, each with a frame of its own that holds its number. */
export function numbered(times: readonly number[], from = 0): Packet[] {
  return times.map((us, i) => {
    const frame = Buffer.alloc(60 + ((from + i) % 3));
    frame.writeUInt32LE(from + i, 20);
    return { us, frame };
  });
}
