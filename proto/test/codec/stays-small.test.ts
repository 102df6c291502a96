import { gzipSync } from 'node:zlib';
import t from 'tap';
import { FlowMaker } from '../../bench/flow-maker.js';
import { encodeFlowBatch, FlowColumns, Protocol } from '../../src/index.js';

t.test('a record takes at most 45 bytes, a batch’s columns compress to 8 × TCP share + 19', (t) => {
  for (const share of [0.6, 0.8, 1]) {
    const { raw, compressed, columns, tcp } = measure(share);
    const bar = 8 * tcp + 19;
    t.ok(raw <= 45, `${raw.toFixed(1)} bytes at ${tcp.toFixed(2)} TCP`);
    t.ok(columns <= bar, `columns ${columns.toFixed(1)} of ${bar.toFixed(1)} bytes compressed`);
    if (share === 0.8) t.ok(compressed <= bar, `dictionaries included ${compressed.toFixed(1)}`);
  }
  t.end();
});

/** Bytes a record, in batches of 1,000. */
function measure(share: number): Record<'raw' | 'compressed' | 'columns' | 'tcp', number> {
  const batch = new FlowColumns(1_000);
  const maker = new FlowMaker(3, share);
  const sums = { raw: 0, compressed: 0, columns: 0, tcp: 0 };
  for (let i = 0; i < 10; i++) {
    maker.fill(batch, 1_000);
    const bytes = encodeFlowBatch({ epoch: 1, firstSequence: 1, lost: [] }, batch);
    const size = gzipSync(bytes, { level: 1 }).length;
    sums.raw += bytes.length / 10_000;
    sums.compressed += size / 10_000;
    sums.tcp += batch.protocol.filter((protocol) => protocol === Protocol.tcp).length / 10_000;
    batch.rows = 0;
    const dictionaries = gzipSync(encodeFlowBatch({ epoch: 1, firstSequence: 1, lost: [] }, batch), {
      level: 1,
    });
    sums.columns += (size - dictionaries.length) / 10_000;
  }
  return sums;
}
