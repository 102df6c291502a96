import t from 'tap';
import { Ingest } from '../../../src/capture/ingest.js';
import { FlowTable } from '../../../src/flow/flow-table.js';
import { readSample, sampleNames } from '../../samples/samples.js';
import { Random } from '../random.js';
import { drainAll } from '../rows.js';

const ROUNDS = 2_500;
const FILE_HEADER = 24;

/*
 * Real captures with a few bytes changed, through reader, decoder and table: nothing throws, every record and every
 * packet is accounted for, rows stay within their bounds. Some 35,000 packets, 3 s.
 */
t.test('mutated captures are counted like any other', async (t) => {
  const random = new Random(20_261_124);
  const samples = sampleNames.map(readSample);
  const table = new FlowTable({ memoryBytes: 2 << 20, seed: 9 });
  const pod = { uid: 'u', namespace: 'n', name: 'pod' };
  const { counters } = table;
  let emitted = 0;
  let observed = 0;
  let nowUs = 0;
  let good = true;
  for (let round = 0; round < ROUNDS; round++) {
    const capture = table.addCapture({ pod, interface: 'eth0', addresses: [Uint8Array.of(10, 9, 0, 1)] });
    const ingest = new Ingest(table, capture);
    const bytes = samples[random.next(samples.length)]!.slice(0, 12_000);
    for (let left = random.next(30); left > 0; left--)
      bytes[FILE_HEADER + random.next(bytes.length - FILE_HEADER)] = random.next(256);
    for (let at = 0; at < bytes.length; ) {
      const step = 1 + random.next(4_000);
      ingest.push(bytes.subarray(at, at + step));
      at += step;
    }
    nowUs = Math.max(nowUs, ingest.lastUs) + random.next(2_000_000);
    const { records, errors } = ingest.counters;
    good &&= records === ingest.counters.observed + errors.reduce((sum, count) => sum + count, 0);
    observed += ingest.counters.observed;
    if (random.chance(3)) table.removeCapture(capture);
    table.advance(nowUs);
    for (const row of drainAll(table, nowUs)) {
      emitted += row.sent.packets + row.received.packets;
      good &&= row.durationUs <= 0xffffffff && row.sent.segments <= row.sent.packets;
    }
    good &&= observed === emitted + table.pending().packets + counters.lostPackets;
  }
  t.ok(good);
  t.ok(observed > 25_000, `${observed} packets`);
  t.equal(counters.seenPackets, observed);
});
