import t from 'tap';
import { FlowRig } from '../flow-rig.js';
import type { Row } from '../rows.js';

const DATA = 0;
const INIT = 1;
const INIT_ACK = 2;
const ABORT = 6;
const COOKIE_ECHO = 10;
const COOKIE_ACK = 11;
const SHUTDOWN_COMPLETE = 14;

function chunks(rig: FlowRig, ...turns: readonly [sent: boolean, chunk: number][]): FlowRig {
  for (const [sent, chunk] of turns) {
    rig.feed({ sent, protocol: 132, data: Uint8Array.of(chunk, 0, 0, 4) });
    rig.nowUs += 100;
  }
  return rig;
}

function summary(rows: readonly Row[]): unknown[] {
  return rows.map((row) => [row.initiator, row.opened, row.final, row.outcome, row.closed]);
}

t.test('an association: established, then fin', async (t) => {
  const rig = chunks(
    new FlowRig(),
    [true, INIT],
    [false, INIT_ACK],
    [true, COOKIE_ECHO],
    [false, COOKIE_ACK],
  );
  const rows = rig.settle();
  t.same(summary(rows), [['local', true, true, 'established', 'none']]);
  t.equal(rows[0]?.extras.handshakeUs, 300);
  chunks(rig, [true, DATA], [true, SHUTDOWN_COMPLETE]);
  t.same(summary(rig.settle()), [['local', false, false, 'established', 'fin']]);
});

t.test('ABORT in answer: refused', async (t) => {
  const rig = chunks(new FlowRig(), [false, INIT], [true, ABORT]);
  t.same(summary(rig.settle()), [['peer', true, true, 'refused', 'none']]);
});

t.test('ABORT later: aborted', async (t) => {
  const rig = chunks(
    new FlowRig(),
    [true, INIT],
    [false, INIT_ACK],
    [true, COOKIE_ECHO],
    [false, COOKIE_ACK],
  );
  t.same(summary(chunks(rig, [false, ABORT]).settle()), [['local', true, true, 'established', 'aborted']]);
});

t.test('silence, with retries: timeout, once', async (t) => {
  const rig = chunks(new FlowRig(), [true, INIT]);
  rig.wait(3_000);
  chunks(rig, [true, INIT]);
  rig.wait(6_000);
  chunks(rig, [true, INIT]);
  const rows = rig.wait(20_000).drain();
  t.same(
    rows.filter((row) => row.final).map((row) => row.outcome),
    ['timeout'],
  );
  t.equal(
    rows.reduce((sum, row) => sum + (row.extras.synRetries ?? 0), 0),
    2,
  );
});

t.test(
  'an association after another one is a new one; one without INIT is older than the watch',
  async (t) => {
    const rig = chunks(new FlowRig(), [true, INIT], [false, ABORT], [true, INIT], [false, ABORT]);
    t.equal(rig.settle().filter((row) => row.opened).length, 2);
    const old = chunks(new FlowRig(), [true, DATA]);
    t.same(summary(old.wait(5_000).drain()), [['unknown', false, false, 'none', 'none']]);
  },
);
