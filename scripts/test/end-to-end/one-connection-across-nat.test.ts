/* About 8 s alone on two cores: real programs, real packets, a real NAT between two namespaces. */
import type { Flow } from '@snoopy/proto';
import t from 'tap';
import { Actor } from '../../src/rig/traffic.js';
import { CLIENT, NatNodes, ROUTER, SERVER, SERVICE } from './nat-nodes.js';

const flags = [
  ['--flows', 'packets'],
  ['--flows', 'kernel'],
];

for (const mode of flags) {
  t.test(mode.join(' '), async (t) => {
    const nodes = await NatNodes.start(mode);
    t.teardown(() => nodes.stop());
    const [client, server] = await Promise.all([Actor.start(nodes.client), Actor.start(nodes.server)]);
    for (const port of [8_080, 8_081, 8_082]) await server.do('tcpServe', { port, behaviour: 'echo' });
    for (const [what, host, port, translation, target] of [
      ['a Service', SERVICE, 80, 'TRANSLATION_DNAT', 8_080],
      ['a Service and a masquerade', SERVICE, 81, 'TRANSLATION_DNAT_SNAT', 8_081],
      ['a masquerade', SERVER, 8_082, 'TRANSLATION_SNAT', 8_082],
    ] as const) {
      const dialled = await client.do('tcpConnect', { host, port, sendBytes: 5_000, receiveBytes: 5_000 });
      const mine = (flow: Flow): boolean =>
        flow.source?.port === dialled.localPort || flow.destination?.port === target;
      const sum = (counters: 'request' | 'reply') =>
        nodes.flows.filter(mine).reduce((total, flow) => total + (flow[counters]?.payloadBytes ?? 0), 0);
      const isOver = () => nodes.flows.some((flow) => mine(flow) && flow.closed === 'CLOSED_FIN');
      await nodes.until(
        `${what} is over`,
        () => isOver() && sum('request') >= 5_000 && sum('reply') >= 5_000,
      );
      const seen = nodes.flows.filter(mine);
      for (const flow of seen) {
        t.match(
          flow,
          {
            source: { ip: CLIENT, port: dialled.localPort, pod: 'client', node: 'node-a' },
            destination: { ip: SERVER, port: target, pod: 'server', node: 'node-b' },
            translation,
            partial: false,
          },
          what,
        );
        for (const view of flow.views) {
          const isSource = view.vantage === 'VANTAGE_SOURCE';
          t.equal(view.agent, isSource ? 'node-a' : 'node-b');
          t.equal(view.destinationIp, isSource && host === SERVICE ? SERVICE : '');
          t.equal(view.destinationPort, isSource && host === SERVICE ? port : 0);
          t.equal(view.sourceIp, !isSource && translation !== 'TRANSLATION_DNAT' ? ROUTER : '');
        }
      }
      t.ok(
        seen.some(({ views }) => new Set(views.map(({ vantage }) => vantage)).size === 2),
        'both ends’ views in one flow',
      );
      t.equal(seen.filter(({ opened }) => opened).length, 1);
      t.equal(seen.filter(({ outcomeFinal }) => outcomeFinal).length, 1);
      t.strictSame([sum('request'), sum('reply')], [5_000, 5_000], 'counted once');
      t.equal(
        seen.reduce((total, flow) => total + flow.request!.lostSegments + flow.reply!.lostSegments, 0),
        0,
      );
    }
    const labels = ['src_workload="client"', 'dst_workload="server"', 'outcome="established"'];
    t.equal(await nodes.metric('snoopy_connections_total', ...labels), 3);
    t.equal(await nodes.metric('snoopy_connections_total'), 3, 'and no other');
  });
}
