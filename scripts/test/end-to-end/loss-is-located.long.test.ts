/*
 * About 4 min alone on two cores, most of it waiting for UDP to fade. A rule between the pods drops every 33rd
 * packet with data: what is told as lost, and in which direction, is what the rule counted.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Flow } from '@snoopy/proto';
import t from 'tap';
import { Actor } from '../../src/rig/traffic.js';
import { NatNodes, SERVER, SERVICE } from './nat-nodes.js';

const BYTES = 4_000_000;
const DATAGRAMS = 5_000;
/** Longer than any packet without data. */
const WITH_DATA = ['-m', 'length', '--length', '200:65535'];

function lost(flows: readonly Flow[]): [request: number, reply: number] {
  const sum = (counters: 'request' | 'reply') =>
    flows.reduce((total, flow) => total + (flow[counters]?.lostSegments ?? 0), 0);
  return [sum('request'), sum('reply')];
}

/** The packet path's rings hold a whole test: what a capture drops makes it say nothing of loss. */
const modes = { packets: ['--packet-ring', '16MiB'], kernel: [] };

for (const [mode, flags] of Object.entries(modes)) {
  t.test(`--flows ${mode}`, { timeout: 300_000 }, async (t) => {
    const nodes = await NatNodes.start(['--flows', mode, ...flags]);
    t.teardown(() => nodes.stop());
    const [client, server] = await Promise.all([Actor.start(nodes.client), Actor.start(nodes.server)]);
    await server.do('tcpServe', { port: 8_080, behaviour: 'echo' });
    await server.do('tcpServe', { port: 8_081, behaviour: 'sink' });
    await server.do('udpServe', { port: 9 });

    const from = (port: number): Flow[] => nodes.flows.filter(({ source }) => source?.port === port);
    /** Sends through the Service. @returns the connection's flows once both ends have said that it is over */
    const send = async (port: number, receiveBytes: number): Promise<Flow[]> => {
      const options = { host: SERVICE, port, sendBytes: BYTES, receiveBytes };
      const { localPort } = await client.do('tcpConnect', options);
      const ends = () =>
        from(localPort)
          .flatMap(({ views }) => views)
          .filter(({ reason }) => reason === 'EMIT_REASON_CLOSED');
      await nodes.until('both ends are over', () => ends().length === 2, 60);
      // What frames tell comes when the connection is forgotten, after 10 to 15 s.
      if (mode === 'packets') await sleep(17_000);
      return from(localPort);
    };

    await t.test('nothing lost, nothing told', async (t) => {
      t.strictSame(lost(await send(80, BYTES)), [0, 0], 'through a Service');
      t.strictSame(lost(await send(81, 0)), [0, 0], 'through a Service and a masquerade');
    });

    await t.test('TCP through a Service and a masquerade, from client to server', async (t) => {
      const dropped = nodes.lose(33, '-o', 's0', '-p', 'tcp', ...WITH_DATA);
      const flows = await send(81, 0);
      const count = dropped();
      nodes.noMoreLoss();
      t.comment(`dropped ${count}, told ${lost(flows)}`);
      t.ok(count > 80, 'about 3 % of 2,800 segments');
      t.strictSame(lost(flows), [count, 0]);
    });

    await t.test('TCP through a Service, from server to client', async (t) => {
      const dropped = nodes.lose(33, '-o', 'c0', '-p', 'tcp', ...WITH_DATA);
      const flows = await send(80, BYTES);
      const count = dropped();
      nodes.noMoreLoss();
      t.comment(`dropped ${count}, told ${lost(flows)}`);
      t.ok(count > 80);
      t.strictSame(lost(flows), [0, count]);
    });

    await t.test('UDP, which no NAT may lie between', async (t) => {
      const udp = { host: SERVER, port: 9, count: DATAGRAMS, bytes: 300, perSecond: 5_000 };
      const none = await client.do('udpSend', { ...udp, localPort: 30_001 });
      t.equal(none.sent, DATAGRAMS);
      const dropped = nodes.lose(33, '-o', 's0', '-p', 'udp', '--dport', '9');
      await client.do('udpSend', { ...udp, localPort: 30_002 });
      const count = dropped();
      nodes.noMoreLoss();
      t.equal(count, Math.ceil(DATAGRAMS / 33));
      // The packet path says nothing when a flow fades: the aggregator forgets it after 150 s.
      await nodes.until('the loss is told', () => lost(from(30_002))[0] > 0, 200);
      await sleep(2_000);
      t.strictSame(lost(from(30_001)), [0, 0]);
      t.strictSame(lost(from(30_002)), [count, 0]);
      t.strictSame(nodes.lost, [], 'nothing was lost on the way here');
    });
  });
}
