import t from 'tap';
import { type Packet, readPackets, readSample, writePackets } from '../../samples/samples.js';
import { type Record, readAll } from './records.js';

const packets = readPackets(readSample('tcp')).slice(0, 12);

function expected(list: readonly Packet[]): Record[] {
  return list.map((packet) => ({
    timeUs: packet.seconds * 1e6 + Math.floor(packet.nanoseconds / 1000),
    original: packet.original,
    bytes: Buffer.from(packet.bytes).toString('hex'),
  }));
}

for (const bigEndian of [false, true]) {
  for (const nanoseconds of [false, true]) {
    const kind = `${bigEndian ? 'big' : 'little'}-endian, ${nanoseconds ? 'nano' : 'micro'}seconds`;
    const pcap = writePackets(packets, { bigEndian, nanoseconds });

    t.test(`${kind}: a split at every byte gives the same packets`, async (t) => {
      const wanted = expected(packets);
      for (let split = 0; split <= pcap.length; split++) {
        const { reader, records } = readAll([pcap.subarray(0, split), pcap.subarray(split)]);
        if (!t.strictSame(records, wanted, `split at ${split}`, { diagnostic: false })) return;
        if (reader.pendingBytes !== 0) t.fail(`bytes left after a split at ${split}`);
      }
    });

    t.test(`${kind}: chunks of every size up to 200 give the same packets`, async (t) => {
      const wanted = expected(packets);
      for (let size = 1; size <= 200; size++) {
        const { records } = readAll(chunksOf(pcap, size));
        if (!t.strictSame(records, wanted, `chunks of ${size}`)) return;
      }
    });
  }
}

t.test('one buffer may be read into again and again', async (t) => {
  const pcap = writePackets(packets, { bigEndian: false, nanoseconds: true });
  const { records } = readAll(throughOneBuffer(pcap, 333));
  t.strictSame(records, expected(packets));
});

t.test('a stream that ends within a record says how much is left', async (t) => {
  const pcap = writePackets(packets, { bigEndian: false, nanoseconds: true });
  const { reader, records } = readAll([pcap.subarray(0, pcap.length - 1)]);
  t.equal(records.length, packets.length - 1);
  t.equal(reader.pendingBytes, 16 + packets.at(-1)!.bytes.length - 1);
  t.equal(reader.error, 0);
});

function* chunksOf(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** As net.Socket's onread does it: the memory behind every chunk is the same. */
function* throughOneBuffer(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  const buffer = new Uint8Array(size + 7);
  for (let at = 0; at < bytes.length; at += size) {
    const part = bytes.subarray(at, at + size);
    buffer.fill(0xee);
    buffer.set(part, 7);
    yield buffer.subarray(7, 7 + part.length);
  }
}
