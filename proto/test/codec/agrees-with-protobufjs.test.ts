import t from 'tap';
import { FlowMaker } from '../../bench/flow-maker.js';
import { decodeFlowBatch, encodeFlowBatch, type FlowBatchHeader, FlowColumns } from '../../src/index.js';
import { byTime, difference, plainRows } from './batch-compare.js';
import { oracleRows, readFields, writeFields } from './oracle.js';
import { unusualBatch } from './unusual-batch.js';

const header: FlowBatchHeader = {
  epoch: 1_790_000_000_123_456,
  firstSequence: 7_000_000_000,
  serial: 3,
  lost: [
    { node: 'node-1', stage: 'uplink', reason: 'full', count: 5_000_000_000, unit: 'LOSS_UNIT_RECORDS' },
  ],
};

t.test('what is written is what protobufjs reads, and what we read', (t) => {
  for (let seed = 0; seed < 60; seed++) {
    const columns = batch(seed);
    const bytes = encodeFlowBatch(header, columns);
    const expected = byTime(plainRows(columns));
    const read = readFields(bytes);
    t.equal(difference(oracleRows(read), expected), '', `protobufjs, seed ${seed}`);
    t.equal(read.first_sequence, header.firstSequence);
    const own = new FlowColumns(columns.capacity);
    t.strictSame(decodeFlowBatch(bytes, own), header);
    t.equal(difference(plainRows(own), expected), '', `our reader, seed ${seed}`);
  }
  t.end();
});

t.test('what protobufjs writes is what we read', (t) => {
  for (let seed = 0; seed < 30; seed++) {
    const columns = batch(seed);
    const fields = readFields(encodeFlowBatch(header, columns));
    const own = new FlowColumns(columns.capacity);
    t.strictSame(decodeFlowBatch(writeFields(fields), own), header);
    t.equal(difference(plainRows(own), byTime(plainRows(columns))), '', `seed ${seed}`);
  }
  t.end();
});

t.test('a batch without rows carries its sequence number and its losses', (t) => {
  const bytes = encodeFlowBatch(header, new FlowColumns(1));
  t.strictSame(decodeFlowBatch(bytes, new FlowColumns(1)), header);
  t.end();
});

t.test('a batch whose times span more than six days keeps its order', (t) => {
  const columns = unusualBatch(1, 3);
  columns.lastUs.set([2 ** 51, 5, 2 ** 52]);
  const own = new FlowColumns(3);
  decodeFlowBatch(encodeFlowBatch(header, columns), own);
  t.equal(difference(plainRows(own), plainRows(columns)), '');
  t.end();
});

/** Realistic ones and unusual ones in turn. */
function batch(seed: number): FlowColumns {
  if (seed % 2 === 0) return unusualBatch(seed, seed * 3);
  const columns = new FlowColumns(500);
  new FlowMaker(seed).fill(columns, 500);
  return columns;
}
