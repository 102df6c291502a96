import t from 'tap';
import { FlowRig } from '../flow-rig.js';

interface Message {
  readonly id: number;
  readonly name?: string;
  readonly type?: number;
  /** Makes it an answer. */
  readonly rcode?: number;
}

/** A DNS message of one question, or of none. */
function message({ id, name, type = 1, rcode }: Message): Uint8Array {
  const labels = (name ?? '').split('.').flatMap((label) => [label.length, ...Buffer.from(label)]);
  const question = name === undefined ? [] : [...labels, 0, 0, type, 0, 1];
  const flags = rcode === undefined ? [1, 0] : [0x81, 0x80 | rcode];
  return Uint8Array.from([
    id >> 8,
    id & 255,
    ...flags,
    0,
    name === undefined ? 0 : 1,
    0,
    0,
    0,
    0,
    0,
    0,
    ...question,
  ]);
}

function ask(rig: FlowRig, what: Message, side = {}): void {
  rig.feed({ sent: true, protocol: 17, peerPort: 53, data: message(what), ...side });
}

function answer(rig: FlowRig, what: Message, side = {}): void {
  rig.feed({ sent: false, protocol: 17, peerPort: 53, data: message({ rcode: 0, ...what }), ...side });
}

t.test('question and answer make one transaction, reported at once', async (t) => {
  const rig = new FlowRig();
  ask(rig, { id: 7, name: 'db.shop' });
  t.match(rig.drain(), [{ dns: [] }]);
  rig.nowUs += 1_234;
  answer(rig, { id: 7, name: 'db.shop', rcode: 3 });
  t.same(rig.drain()[0]?.dns, [{ name: 'db.shop', type: 1, rcode: 3, latencyUs: 1_234 }]);
  t.same(rig.wait(10_000).drain(), []);
});

t.test('a server sees it too', async (t) => {
  const rig = new FlowRig();
  ask(rig, { id: 7, name: 'db.shop' }, { sent: false, localPort: 53, peerPort: 4_000 });
  answer(rig, { id: 7, name: 'db.shop' }, { sent: true, localPort: 53, peerPort: 4_000 });
  t.match(rig.drain(), [{ initiator: 'peer', dns: [{ name: 'db.shop', rcode: 0 }] }]);
});

t.test('no answer within 5 s: 65535, and a late answer changes nothing', async (t) => {
  const rig = new FlowRig();
  ask(rig, { id: 7, name: 'db.shop' });
  rig.drain();
  t.same(rig.wait(4_900).drain(), []);
  t.match(rig.wait(200).drain(), [{ dns: [{ name: 'db.shop', rcode: 65_535, latencyUs: 0 }] }]);
  answer(rig, { id: 7, name: 'db.shop' });
  t.match(rig.wait(5_000).drain(), [{ dns: [] }]);
  t.equal(rig.table.counters.dnsUnmatched, 1);
});

t.test('the end of the flow is the end of the wait', async (t) => {
  const rig = new FlowRig();
  ask(rig, { id: 7, name: 'db.shop' });
  rig.drain();
  rig.table.removeCapture(rig.capture);
  t.match(rig.drain(), [{ reason: 'shutdown', dns: [{ name: 'db.shop', rcode: 65_535 }] }]);
});

t.test('a question asked again is the same transaction', async (t) => {
  const rig = new FlowRig();
  ask(rig, { id: 7, name: 'db.shop' });
  rig.wait(1_000);
  ask(rig, { id: 7, name: 'db.shop' });
  answer(rig, { id: 7, name: 'db.shop' });
  t.match(rig.drain(), [{ sent: { packets: 2 }, dns: [{ latencyUs: 1_000_000 }] }]);
  t.same(rig.wait(10_000).drain(), []);
});

t.test(
  'type and name tell questions with one identifier apart; an answer without question has the first',
  async (t) => {
    const rig = new FlowRig();
    ask(rig, { id: 7, name: 'a.shop', type: 1 });
    ask(rig, { id: 7, name: 'a.shop', type: 28 });
    ask(rig, { id: 8, name: 'b.shop' });
    answer(rig, { id: 7, name: 'a.shop', type: 28 });
    answer(rig, { id: 8, rcode: 1 });
    t.same(
      rig
        .drain()[0]
        ?.dns.map(({ name, type, rcode }) => [name, type, rcode])
        .sort(),
      [
        ['a.shop', 28, 0],
        ['b.shop', 1, 1],
      ],
    );
  },
);

t.test('an answer from the side that asked is none', async (t) => {
  const rig = new FlowRig();
  ask(rig, { id: 7, name: 'db.shop' });
  answer(rig, { id: 7, name: 'db.shop' }, { sent: true });
  t.match(rig.drain(), [{ dns: [] }]);
  t.equal(rig.table.counters.dnsUnmatched, 1);
});

t.test('names are sent once a batch', async (t) => {
  const rig = new FlowRig();
  for (let id = 0; id < 300; id++) {
    ask(rig, { id, name: `n${id % 3}.shop` }, { localPort: 1_000 + id });
    answer(rig, { id, name: `n${id % 3}.shop` }, { localPort: 1_000 + id });
  }
  const names = rig.drain().flatMap((row) => row.dns.map(({ name }) => name));
  t.equal(names.length, 300);
  t.same([...new Set(names)].sort(), ['n0.shop', 'n1.shop', 'n2.shop']);
});

t.test('more transactions than fit: the rest is counted, and later there is room again', async (t) => {
  const rig = new FlowRig(2 << 20);
  const { counters } = rig.table;
  for (let id = 0; id < 5_000; id++) ask(rig, { id, name: 'many.shop' });
  t.ok(counters.dnsLost > 4_000);
  const rows = rig.wait(5_200).drain();
  t.equal(rows.flatMap((row) => row.dns).length + counters.dnsLost, 5_000, 'none is forgotten');
  ask(rig, { id: 1, name: 'later.shop' });
  answer(rig, { id: 1, name: 'later.shop' });
  t.match(rig.drain(), [{ dns: [{ name: 'later.shop' }] }]);
});

t.test('one flow with more transactions than a batch holds needs several rows', async (t) => {
  const rig = new FlowRig(8 << 20);
  for (let id = 0; id < 700; id++) {
    ask(rig, { id, name: `n${id}.shop` });
    answer(rig, { id, name: `n${id}.shop` });
  }
  const rows = rig.drain();
  t.equal(rows.flatMap((row) => row.dns).length + rig.table.counters.dnsLost, 700);
});

t.test('what cannot be read is counted by reason', async (t) => {
  const rig = new FlowRig();
  rig.feed({ sent: true, protocol: 17, peerPort: 53, data: Uint8Array.of(1, 2, 3) });
  t.equal(
    rig.table.counters.dnsErrors.reduce((sum, count) => sum + count, 0),
    1,
  );
});
