import * as grpc from '@grpc/grpc-js';
import { FlowExtra, type GetFlowsResponse, type GetStatusResponse, ObserverClient } from '@snoopy/proto';
import t from 'tap';
import { LinkAgent } from '../fakes/link-agent.js';
import { parsePage } from '../fakes/page.js';
import { anyPorts, Program } from '../fakes/program.js';
import { type TestPod, tcpPair } from '../merge/world.js';

const web: TestPod = { uid: 'uid-web', namespace: 'shop', name: 'web', node: 'node-1', ip: '10.0.0.1' };
const db: TestPod = { uid: 'uid-db', namespace: 'shop', name: 'db', node: 'node-2', ip: '10.0.0.2' };

t.test('one connection, seen by both ends: one flow, counted once, acknowledged', async (t) => {
  const program = new Program(t, anyPorts);
  const { agents, clients, http } = await program.listening();
  const [one, two] = [new LinkAgent(agents, 'node-1', [web]), new LinkAgent(agents, 'node-2', [db])];
  const observer = new ObserverClient(clients, grpc.credentials.createInsecure());
  t.teardown(() => [one, two, observer].map((part) => part.close()));
  await Promise.all([one.open(), two.open()]);
  const follower = observer.getFlows({ follow: true, include: [{ pods: ['web'] }] });
  const flow = new Promise<GetFlowsResponse>((resolve) => follower.once('data', resolve));
  follower.on('error', () => undefined);
  await new Promise((resolve) => follower.once('metadata', resolve));

  const lastUs = Date.now() * 1_000;
  const [fromWeb, fromDb] = tcpPair(web, db, 40_000, { lastUs, extras: { [FlowExtra.handshakeUs]: 700 } });
  one.send([fromWeb]);
  two.send([fromDb]);
  t.match((await flow).flows, [
    {
      source: { pod: 'web', ip: '10.0.0.1', port: 40_000, node: 'node-1' },
      destination: { pod: 'db', port: 80, node: 'node-2', workload: 'db' },
      outcome: 'OUTCOME_ESTABLISHED',
      closed: 'CLOSED_FIN',
      views: [
        { agent: 'node-1', sequence: 0 },
        { agent: 'node-2', sequence: 0 },
      ],
    },
  ]);
  await Promise.all([one.settled(), two.settled()]);

  const samples = parsePage(await (await fetch(`http://${http}/metrics`)).text());
  const labels =
    'src_namespace="shop",src_workload="web",dst_namespace="shop",dst_workload="db",protocol="TCP",dst_port="80"';
  t.equal(samples[`snoopy_connections_total{${labels},outcome="established"}`], 1);
  t.equal(samples[`snoopy_flow_bytes_total{${labels},direction="request"}`], 500 + 6 * 66);
  t.equal(samples[`snoopy_flow_bytes_total{${labels},direction="reply"}`], 3_000 + 5 * 66);
  t.equal(samples[`snoopy_tcp_handshake_seconds_count{${labels}}`], 1);
  t.equal(samples.snoopy_agents_connected, 2);

  const status = await new Promise<GetStatusResponse>((resolve, reject) =>
    observer.getStatus({}, (error, answer) => (error ? reject(error) : resolve(answer!))),
  );
  t.match(status, {
    subscribers: 1,
    flowsKept: 1,
    hints: [],
    agents: [{ connected: true }, { connected: true }],
  });
});
