import t from 'tap';
import { PcapReader } from '../../../src/capture/pcap-reader.js';
import { readPackets, readSample, writePackets } from '../../samples/samples.js';

const packets = readPackets(readSample('tcp'));
const pcap = writePackets(packets, { bigEndian: false, nanoseconds: true });

t.test('a record that lies whole in the chunk is read in place', async (t) => {
  const reader = new PcapReader();
  reader.feed(pcap);
  let at = 24;
  for (const packet of packets) {
    t.equal(reader.next(), true);
    t.equal(reader.view.buffer, pcap.buffer);
    t.equal(reader.offset, at + 16);
    at += 16 + packet.bytes.length;
  }
});

t.test('only the record that spans two chunks is put together elsewhere', async (t) => {
  const reader = new PcapReader();
  const half = Math.floor(pcap.length / 2);
  let copied = 0;
  for (const chunk of [pcap.slice(0, half), pcap.slice(half)]) {
    reader.feed(chunk);
    while (reader.next()) if (reader.view.buffer !== chunk.buffer) copied++;
  }
  t.equal(reader.packets, packets.length);
  t.equal(copied, 1);
});

t.test('the largest record that is allowed passes byte by byte', async (t) => {
  const large = { ...packets[0]!, bytes: new Uint8Array(262_144).fill(7), original: 300_000 };
  const stream = writePackets([large, packets[0]!], { bigEndian: true, nanoseconds: false });
  const reader = new PcapReader();
  const lengths: number[] = [];
  for (let at = 0; at < stream.length; at += 4099) {
    reader.feed(stream.subarray(at, at + 4099));
    while (reader.next()) {
      lengths.push(reader.captured);
      if (reader.captured === 262_144) t.equal(reader.view.getUint8(reader.offset + 262_143), 7);
    }
  }
  t.strictSame(lengths, [262_144, packets[0]!.bytes.length]);
});
