import t from 'tap';
import { Decoded } from '../../../src/decode/decoded.js';
import { FlowStore } from '../../../src/flow/flow-store.js';
import { originOf } from '../../../src/flow/layout.js';
import { Random } from '../random.js';

const CAPACITY = 5_000;
const v4 = originOf(0, 6, 4);
const v6 = originOf(0, 6, 6);

function key(packet: Decoded, number: number): { ports: number; origin: number } {
  packet.src2 = 0xffff;
  packet.dst2 = 0xffff;
  packet.src3 = number % 7;
  packet.dst3 = Math.floor(number / 7) % 11;
  const version = number % 2 === 0 ? 4 : 6;
  packet.dst0 = version === 4 ? 0 : number % 3;
  return { ports: Math.floor(number / 77), origin: originOf(number % 3, 6, version) };
}

t.test('as a Map does, through 300,000 additions and removals, nearly full', async (t) => {
  const store = new FlowStore(CAPACITY, 42);
  const random = new Random(5);
  const packet = new Decoded();
  const model = new Map<number, number>();
  let wrong = 0;
  for (let i = 0; i < 300_000; i++) {
    const number = random.next(CAPACITY * 2);
    const { ports, origin } = key(packet, number);
    const hash = store.hash.of(packet, 0, ports, origin);
    const found = store.find(hash, packet, 0, ports, origin);
    if (found !== (model.get(number) ?? -1)) wrong++;
    if (found >= 0) {
      store.release(found);
      model.delete(number);
    } else {
      const flow = store.create(hash, packet, 0, ports, origin);
      if (flow >= 0) model.set(number, flow);
      else if (model.size < CAPACITY) wrong++;
    }
  }
  t.equal(wrong, 0);
  t.equal(store.live, model.size);
  t.equal(new Set(model.values()).size, model.size, 'each flow has a slot of its own');
});

t.test('a packet of either direction finds its flow', async (t) => {
  const store = new FlowStore(16, 1);
  const packet = new Decoded();
  Object.assign(packet, { src0: 1, src1: 2, src2: 3, src3: 4, dst0: 5, dst1: 6, dst2: 7, dst3: 8 });
  const flow = store.create(store.hash.of(packet, 0, 99, v6), packet, 0, 99, v6);
  Object.assign(packet, { src0: 5, src1: 6, src2: 7, src3: 8, dst0: 1, dst1: 2, dst2: 3, dst3: 4 });
  t.equal(store.find(store.hash.of(packet, 1, 99, v6), packet, 1, 99, v6), flow);
  t.equal(store.find(store.hash.of(packet, 0, 99, v6), packet, 0, 99, v6), -1);
});

for (const origin of [v4, v6]) {
  t.test('the seed decides the hash, and keys that look alike spread', async (t) => {
    const packet = new Decoded();
    const hashes = (seed: number): number[] => {
      const store = new FlowStore(16, seed);
      return Array.from({ length: 20_000 }, (_, port) => store.hash.of(packet, 0, port << 16, origin));
    };
    const a = hashes(1);
    t.notSame(a.slice(0, 50), hashes(2).slice(0, 50));
    const buckets = new Int32Array(4_096);
    for (const hash of a) buckets[hash & 4_095]!++;
    t.ok(Math.max(...buckets) < 25, 'five each on average');
    t.ok(new Set(a).size > 19_990);
  });
}
