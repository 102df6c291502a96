import { Closed, EmitReason, Outcome } from '@snoopy/proto';
import { seeded } from '@snoopy/proto/flow-maker';
import t from 'tap';
import { type RowSpec, type Seen, tcpPair, World } from './world.js';

/** A connection's records at one end: opened, some windows, closed. The two ends send and receive the same. */
function records(row: RowSpec, windows: number): RowSpec[] {
  const all: RowSpec[] = [{ ...row, closed: 0, reason: EmitReason.opened }];
  for (let i = 0; i < windows; i++)
    all.push({ ...row, opened: false, final: false, closed: 0, reason: EmitReason.active });
  all.push({ ...row, opened: false, final: false, closed: Closed.fin, reason: EmitReason.closed });
  return all.map((record, i) => ({ ...record, lastUs: 1_790_000_060_000_000 + i * 5e6 }));
}

interface Sums {
  opened: number;
  final: number;
  closed: number;
  packets: number;
  bytes: number;
  lost: number;
  views: string[];
}

function sums(flows: Seen[]): Sums {
  const of = { opened: 0, final: 0, closed: 0, packets: 0, bytes: 0, lost: 0, views: [] as string[] };
  for (const flow of flows) {
    if (flow.opened) of.opened++;
    if (flow.outcomeFinal && flow.outcome === Outcome.established) of.final++;
    if (flow.closed !== 0) of.closed++;
    of.packets += flow.request.packets + flow.reply.packets;
    of.bytes += flow.request.bytes + flow.reply.bytes;
    of.lost += flow.request.lostSegments + flow.reply.lostSegments;
    for (const view of flow.views) of.views.push(`${view.agent}/${view.sequence}`);
  }
  of.views.sort((a, b) => (a < b ? -1 : 1));
  return of;
}

t.test('however the two agents’ records interleave, everything counts once', (t) => {
  for (let seed = 0; seed < 60; seed++) {
    const random = seeded(seed);
    const world = new World();
    const client = world.pod('web', 'a', '10.0.0.1');
    const server = world.pod('db', 'b', '10.0.0.2');
    world.agent('a');
    world.agent('b');
    const lines: RowSpec[][] = [];
    const connections = 1 + Math.floor(random() * 5);
    for (let n = 0; n < connections; n++) {
      // Every second connection uses the ports of the one before.
      const isns = { clientIsn: 100 + n, serverIsn: 200 + n };
      for (const row of tcpPair(client, server, 40_000 + (n >> 1), isns)) lines.push(records(row, n));
    }
    const expected = { packets: 0, bytes: 0, views: 0 };
    for (const line of lines) {
      for (const record of line) {
        expected.views++;
        if (record.pod !== client) continue;
        expected.packets += record.sent![0] + record.received![0];
        expected.bytes +=
          record.sent![1] + record.received![1] + 66 * (record.sent![0] + record.received![0]);
      }
    }
    // Each end's records keep their order, as one agent's do; all else is chance. A slow agent holds the other up.
    while (lines.some((line) => line.length > 0)) {
      const line = lines[Math.floor(random() * lines.length)]!;
      const record = line.shift();
      if (record) world.send(record);
      if (random() < 0.2) world.pass(Math.floor(random() * 400));
    }
    world.pass(1_000);
    const found = sums(world.taken());
    t.equal(found.views.length, expected.views, `seed ${seed}: every record in one flow`);
    t.equal(new Set(found.views).size, expected.views);
    t.match(found, { opened: connections, final: connections, closed: connections, lost: 0 });
    // What counts is one end's word from the first flow to the last; both ends say the same here.
    t.match(found, { packets: expected.packets, bytes: expected.bytes }, `seed ${seed}`);
  }
  t.end();
});
