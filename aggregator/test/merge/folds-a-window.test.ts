import { Closed, EmitReason, FlowExtra, Outcome, Protocol } from '@snoopy/proto';
import t from 'tap';
import { HOLD_MS } from '../../src/merge/waiting-room.js';
import { type RowSpec, START_US, type TestPod, tcpPair, World } from './world.js';

function setUp(): { world: World; client: TestPod; server: TestPod } {
  const world = new World();
  const client = world.pod('web', 'a', '10.0.0.1');
  const server = world.pod('db', 'b', '10.0.0.2');
  world.agent('a');
  world.agent('b');
  return { world, client, server };
}

/** What the ends of a short connection tell: that it began and how it came out, then the rest. */
function halves(row: RowSpec): [RowSpec, RowSpec] {
  const [first, second] = row.pod.node === 'a' ? ([1, 0] as const) : ([0, 1] as const);
  return [
    {
      ...row,
      closed: 0,
      reason: EmitReason.opened,
      sent: [2, 200 * first, 1],
      received: [2, 200 * second, 1],
    },
    {
      ...row,
      opened: false,
      final: false,
      closed: Closed.fin,
      sent: [3, 100 * first, 1],
      received: [3, 100 * second, 1],
      lastUs: START_US + 60_400_000,
    },
  ];
}

/** All orders of the four records in which each end's keep theirs, as one agent's do. */
function orders(): string[] {
  const all = ['aabb', 'abab', 'abba', 'baab', 'baba', 'bbaa'];
  return [...all, ...all.map((order) => order.replace('bb', 'B')).filter((order) => order.includes('B'))];
}

t.test('two records of each end, in any order, are one or two flows, and never one of a single end', (t) => {
  for (const order of orders()) {
    for (const gapMs of [0, 100]) {
      const { world, client, server } = setUp();
      const [c, s] = tcpPair(client, server, 40_000);
      const rows = { a: halves(c), b: halves(s) };
      for (const from of order) {
        if (from === 'B') world.send(...rows.b.splice(0));
        else world.send(rows[from as 'a' | 'b'].shift()!);
        world.pass(gapMs);
      }
      const flows = world.taken();
      const what = `${order}, ${gapMs} ms between`;
      for (const { views } of flows)
        t.strictSame([...new Set(views.map(({ vantage }) => vantage))].sort(), [1, 2], what);
      const views = flows.flatMap(({ views }) => views.map(({ agent, sequence }) => `${agent}${sequence}`));
      t.strictSame(views.sort(), ['a0', 'a1', 'b0', 'b1'], what);
      t.equal(flows.filter(({ opened }) => opened).length, 1, what);
      t.equal(flows.filter(({ outcomeFinal }) => outcomeFinal).length, 1, what);
      t.equal(flows.filter(({ closed }) => closed === Closed.fin).length, 1, what);
      const sum = (value: (flow: (typeof flows)[0]) => number): number =>
        flows.reduce((all, flow) => all + value(flow), 0);
      t.equal(
        sum(({ request }) => request.packets),
        5,
        what,
      );
      t.equal(
        sum(({ request }) => request.payload),
        300,
        what,
      );
      t.equal(
        sum(({ reply }) => reply.packets),
        5,
        what,
      );
      world.pass(2 * HOLD_MS);
      t.strictSame(world.taken(), [], what);
    }
  }
  t.end();
});

t.test('what one end tells in one record and the other in two is one flow, with the sums of one end', (t) => {
  for (const order of ['abb', 'bab', 'bba', 'baa', 'aba', 'aab']) {
    const { world, client, server } = setUp();
    const [c, s] = tcpPair(client, server, 40_000);
    const whole = (row: RowSpec, [one, other]: [RowSpec, RowSpec]): RowSpec => ({
      ...row,
      sent: [5, one.sent![1] + other.sent![1], 2],
      received: [5, one.received![1] + other.received![1], 2],
      lastUs: other.lastUs!,
      durationUs: 400_000,
    });
    const isSplit = order.split('b').length === 3 ? 'b' : 'a';
    const rows = {
      a: isSplit === 'a' ? halves(c) : [whole(c, halves(c))],
      b: isSplit === 'b' ? halves(s) : [whole(s, halves(s))],
    };
    for (const from of order) world.send(rows[from as 'a' | 'b'].shift()!);
    t.match(
      world.taken(),
      [
        {
          folded: true,
          viewCount: 3,
          opened: true,
          outcome: Outcome.established,
          outcomeFinal: true,
          closed: Closed.fin,
          partial: false,
          request: { packets: 5, payload: 300 },
          reply: { packets: 5, payload: 0 },
          timeUs: START_US + 60_400_000,
        },
      ],
      order,
    );
    world.pass(2 * HOLD_MS);
    t.strictSame(world.taken(), [], order);
  }
  t.end();
});

t.test('an exchange that was cut between question and answer is one flow', (t) => {
  const { world, client, server } = setUp();
  const udp = { protocol: Protocol.udp, closed: 0, outcome: 0, final: false, reason: EmitReason.opened };
  const [c, s] = tcpPair(client, server, 40_000, udp);
  world.send({ ...c, sent: [1, 30, 1], received: [1, 60, 1] });
  world.send({ ...s, sent: [0, 0, 0], received: [1, 30, 1] });
  t.strictSame(world.taken(), [], 'the server cannot have received an answer from nobody');
  world.pass(200);
  const answer = { opened: false, reason: EmitReason.active, extras: { [FlowExtra.sentRetransmits]: 1 } };
  const dns: RowSpec['dns'] = [['db.shop.local', 1, 0, 500]];
  world.send({ ...s, ...answer, dns, sent: [1, 60, 1], received: [0, 0, 0] });
  t.match(world.taken(), [
    {
      viewCount: 3,
      request: { packets: 1, payload: 30 },
      reply: { packets: 1, payload: 60 },
      views: [
        { agent: 'a', vantage: 1 },
        { agent: 'b', vantage: 2, sequence: 0, sentPackets: 0 },
        { agent: 'b', vantage: 2, sequence: 1, sentPackets: 1 },
      ],
    },
  ]);
  t.end();
});

t.test('a busy connection that is cut at two moments does not wait', (t) => {
  const { world, client, server } = setUp();
  const busy = { closed: 0, reason: EmitReason.opened, durationUs: 500_000, lastUs: START_US + 62_000_000 };
  const [c, s] = tcpPair(client, server, 40_000, busy);
  world.pass(2_500);
  world.send(c, { ...s, pod: server });
  world.taken();
  const next = { opened: false, final: false, reason: EmitReason.active, lastUs: START_US + 62_400_000 };
  world.send({ ...c, ...next, sent: [9, 900, 9] });
  world.send({ ...s, ...next, received: [8, 800, 8] });
  t.match(world.taken(), [{ viewCount: 2, request: { payload: 900 } }]);
  t.end();
});

t.test('where it differs and the window has just ended, the rest is waited for', (t) => {
  const { world, client, server } = setUp();
  const row = { closed: 0, reason: EmitReason.opened, durationUs: 500_000, lastUs: START_US + 64_900_000 };
  const [c, s] = tcpPair(client, server, 40_000, row);
  world.pass(5_300);
  world.send({ ...c, sent: [4, 400, 4] });
  world.send({ ...s, received: [6, 500, 6] });
  t.strictSame(world.taken(), []);
  world.send({
    ...c,
    opened: false,
    final: false,
    reason: EmitReason.active,
    sent: [2, 100, 2],
    received: [0, 0],
  });
  t.match(world.taken(), [{ viewCount: 3, request: { packets: 6, payload: 500 } }]);
  t.end();
});

t.test('a connection that begins waits 700 ms at most, whatever else is missing', (t) => {
  const { world, client, server } = setUp();
  const [c, s] = tcpPair(client, server, 40_000);
  world.send(halves(c)[0]);
  world.pass(600);
  world.send({ ...s, durationUs: 400_000 });
  world.pass(80);
  t.strictSame(world.taken(), [], 'the client has not said yet that it is over');
  world.pass(30);
  t.match(world.taken(), [
    { opened: true, outcomeFinal: true, closed: Closed.fin, folded: false, viewCount: 2 },
  ]);
  world.send(halves(c)[1]);
  world.pass(2 * HOLD_MS);
  t.match(world.taken(), [
    { opened: false, outcomeFinal: false, closed: 0, request: { packets: 3 }, viewCount: 1 },
  ]);
  t.end();
});

t.test('an end whose agent is gone is not waited for', (t) => {
  const { world, client, server } = setUp();
  const [c, s] = tcpPair(client, server, 40_000, { durationUs: 400_000 });
  world.send({ ...c, closed: 0, reason: EmitReason.opened });
  world.merge.sources.get(0).connected = false;
  world.send(s);
  t.match(world.taken(), [{ viewCount: 2 }]);
  t.end();
});

t.test('eight records are one flow at most, and none is lost', (t) => {
  const { world, client, server } = setUp();
  const [c, s] = tcpPair(client, server, 40_000, { closed: 0, reason: EmitReason.active });
  for (let n = 0; n < 11; n++) world.send(c);
  world.send(s);
  world.pass(2 * HOLD_MS + 100);
  const flows = world.taken();
  t.equal(flows[0]!.viewCount, 8);
  t.equal(
    flows.reduce((sum, { request }) => sum + request.packets, 0),
    66,
  );
  const views = flows.flatMap(({ views }) => views.map(({ agent, sequence }) => `${agent}${sequence}`));
  t.equal(new Set(views).size, 12);
  t.end();
});
