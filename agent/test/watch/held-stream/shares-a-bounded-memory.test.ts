import t from 'tap';
import { HeldStream, HoldBudget } from '../../../src/watch/held-stream.js';
import { numbered, record, stream } from '../../fakes/pcap.js';

const packets = numbered([1e15, 1e15 + 1, 1e15 + 2]);
const bytes = stream(packets);

t.test('streams share a budget, and give it back', async (t) => {
  const budget = new HoldBudget(bytes.length * 2);
  const [one, other] = [new HeldStream(budget), new HeldStream(budget)];
  one.push(bytes);
  t.notOk(one.full);
  other.push(bytes);
  t.ok(other.full, 'together they have used it up');
  one.drop();
  other.drop();
  const again = new HeldStream(budget);
  again.push(bytes);
  t.notOk(again.full);
});

t.test('what is kept is a copy, and is handed on once, without the records that do not count', async (t) => {
  const held = new HeldStream(new HoldBudget());
  const reused = Buffer.from(bytes);
  held.push(reused);
  reused.fill(0);
  const out: Uint8Array[] = [];
  held.release(2, (chunk) => out.push(chunk));
  t.same(Buffer.concat(out), Buffer.concat([bytes.subarray(0, 24), record(packets[2]!)]));
  held.release(0, () => t.fail('nothing is left'));
  t.equal(held.log.length, 0);
});
