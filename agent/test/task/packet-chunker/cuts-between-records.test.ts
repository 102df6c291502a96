import t from 'tap';
import { type Chunk, chunkBytes, PacketChunker } from '../../../src/task/packet-chunker.js';
import { numbered, record, stream } from '../../fakes/pcap.js';

t.test('records come out as they went in, in any chunks, never cut', async (t) => {
  const packets = numbered(Array.from({ length: 10_000 }, (_, i) => 1_700_000_000e6 + i));
  const bytes = stream(packets);
  for (const size of [7, 4_096, 65_536]) {
    const chunks: Chunk[] = [];
    const chunker = new PacketChunker((chunk) => chunks.push(chunk));
    for (let at = 0; at < bytes.length; at += size) chunker.push(bytes.subarray(at, at + size));
    chunker.flush();
    t.ok(Buffer.concat(chunks.map((one) => one.records)).equals(Buffer.concat(packets.map(record))));
    t.equal(
      chunks.reduce((sum, one) => sum + one.packets, 0),
      10_000,
    );
    t.ok(chunks.every((one) => one.records.length <= chunkBytes));
    t.equal(chunker.linkType, 1);
  }
});

t.test('an empty flush says nothing; a damaged stream has a sentence', async (t) => {
  const chunks: Chunk[] = [];
  const chunker = new PacketChunker((chunk) => chunks.push(chunk));
  chunker.flush();
  chunker.push(Buffer.from('this is not a pcap stream at all'));
  t.same(chunks, []);
  t.match(chunker.problem, /not a pcap stream/);
});
