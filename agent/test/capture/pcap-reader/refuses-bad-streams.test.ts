import t from 'tap';
import { PcapError } from '../../../src/capture/pcap-error.js';
import { readPackets, readSample, writePackets } from '../../samples/samples.js';
import { readAll } from './records.js';

const packets = readPackets(readSample('udp')).slice(0, 3);
const good = writePackets(packets, { bigEndian: false, nanoseconds: true, snaplen: 600 });
const second = 24 + 16 + packets[0]!.bytes.length;

/** A copy with one word changed. */
function withWord(at: number, value: number): Uint8Array {
  const copy = good.slice();
  new DataView(copy.buffer).setUint32(at, value, true);
  return copy;
}

const cases = [
  { title: 'no magic number', stream: withWord(0, 0x12345678), error: PcapError.magic, says: /0x78563412/ },
  { title: 'pcapng', stream: withWord(0, 0x0a0d0d0a), error: PcapError.pcapng, says: /pcapng.*editcap/ },
  {
    title: 'version 2.3',
    stream: withWord(4, (3 << 16) | 2),
    error: PcapError.version,
    says: /2\.3 is not supp/,
  },
  {
    title: 'a record longer than the snap length',
    stream: withWord(second + 8, 601),
    error: PcapError.overSnaplen,
    says: /601 captured bytes.*snap length of 600/,
  },
  {
    title: 'a record longer than any capture',
    stream: withWord(second + 8, 0xffffffff),
    error: PcapError.overLimit,
    says: /4294967295 captured bytes.*limit of 262144/,
  },
];

for (const { title, stream, error, says } of cases) {
  t.test(`${title}: error ${error} and a sentence, whatever the chunks`, async (t) => {
    for (const size of [1, 7, stream.length]) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < stream.length; at += size) chunks.push(stream.subarray(at, at + size));
      const { reader, records } = readAll(chunks);
      t.equal(reader.error, error);
      t.match(reader.describeError(), says);
      t.equal(records.length, error >= PcapError.overSnaplen ? 1 : 0, 'what came before is kept');
      reader.feed(good);
      t.equal(reader.next(), false, 'nothing more is read');
    }
  });
}

t.test('a snap length above 262,144, or 0 for none, does not lift the limit', async (t) => {
  for (const snaplen of [0, 0x7fffffff]) {
    const stream = withWord(16, snaplen);
    t.equal(readAll([stream]).records.length, 3);
    new DataView(stream.buffer).setUint32(second + 8, 262_145, true);
    t.equal(readAll([stream]).reader.error, PcapError.overLimit);
  }
});

t.test('a length on the wire that is below the captured one, or absurd, is not believed', async (t) => {
  for (const value of [0, 1, 0xffffffff, 0x80000000]) {
    const { records } = readAll([withWord(second + 12, value)]);
    t.equal(records[1]!.original, packets[1]!.bytes.length);
  }
});

t.test('FCS bits beside the link type are left out', async (t) => {
  const { reader } = readAll([withWord(20, 0x24000001)]);
  t.equal(reader.linkType, 1);
});
