import t from 'tap';
import { checkChunk, PacketInput } from '../../../src/capture/packet-input.js';
import { records } from '../records.js';

const time = { baseSeconds: 1_800_000_000, offsetNs: 0 };
const good = records([1, 2, 3].map((mark) => ({ us: 1_800_000_000e6 + mark, mark })));
const size = good.length / 3;

/** Packets that the input hands out, each touched to its last byte. */
function walk(bytes: Buffer): number {
  const input = new PacketInput(0, time);
  input.push(checkChunk(bytes, time));
  let packets = 0;
  while (!input.empty) {
    if (input.frame + input.captured > input.records.length) throw new Error('a frame beyond its chunk');
    packets++;
    input.advance();
  }
  return packets;
}

t.test('a chunk that ends within a record keeps those before', async (t) => {
  for (let cut = 0; cut <= good.length; cut++) {
    t.equal(walk(good.subarray(0, cut)), Math.floor(cut / size), `${cut} bytes`);
  }
});

t.test('impossible lengths and nanoseconds end the chunk there', async (t) => {
  for (const [at, value] of [
    [size + 4, 1_000_000_000],
    [size + 8, 0xffffffff],
    [size + 8, 262_145],
  ] as const) {
    const bad = Buffer.from(good);
    bad.writeUInt32LE(value, at);
    t.equal(walk(bad), 1);
  }
});

t.test('20,000 mutated chunks do no harm', async (t) => {
  let state = 42;
  const random = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  let packets = 0;
  for (let i = 0; i < 20_000; i++) {
    const bytes = Buffer.from(good.subarray(0, random(good.length + 1)));
    for (let n = random(8); n > 0 && bytes.length > 0; n--) bytes[random(bytes.length)] = random(256);
    packets += walk(bytes);
  }
  t.ok(packets > 0 && packets <= 60_000);
});
