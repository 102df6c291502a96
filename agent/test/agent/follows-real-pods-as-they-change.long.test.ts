/* About 25 s: a containerd, real pods, the whole agent. */
import { EmitReason, FlowState, Protocol } from '@snoopy/proto';
import { Actor } from '@snoopy/scripts/rig/traffic';
import t from 'tap';
import { AgentProcess } from '../fakes/agent-process.js';
import { FakeAggregator, type Row, until } from '../fakes/aggregator.js';
import { type PodNetwork, RealPods } from '../fakes/real-pods.js';

/** A pod is let go within 2 s; a busy machine may take a little longer to tell. */
const releasedMs = 3_000;

const pods = await RealPods.start();
t.teardown(() => pods.end());
const { rig, aggregator } = pods;
const client = await pods.run({ name: 'client' });
const asking = await Actor.start(client);

const reasonOf = ({ state }: Row): number => (state >>> FlowState.reasonShift) & FlowState.reasonMask;
const rowsOf = (pod: string, protocol: number = Protocol.udp): Row[] =>
  aggregator.rows.filter(
    (row) => row.pod === pod && row.protocol === protocol && row.local.endsWith(':5000'),
  );
const received = (rows: readonly Row[]): number => rows.reduce((sum, row) => sum + row.receivedPackets, 0);
const opened = (rows: readonly Row[]): number => rows.filter((row) => row.state & FlowState.opened).length;

async function send(network: PodNetwork, count: number, perSecond = 2_000): Promise<void> {
  const host = network.pod.ip;
  await asking.do('udpSend', { host, port: 5_000, localPort: 6_000, count, bytes: 100, perSecond });
}

async function serve(network: PodNetwork): Promise<void> {
  const serving = await Actor.start(network);
  await serving.do('udpServe', { port: 5_000 });
  await serving.do('tcpServe', { port: 5_000, behaviour: 'hold' });
}

t.test('a pod is deleted: it is let go at once, its flows end, none of its packets is lost', async (t) => {
  const gone = await pods.run({ name: 'gone' });
  await pods.seen(gone, client);
  await serve(gone);
  await asking.do('tcpConnect', { host: gone.pod.ip, port: 5_000, end: 'hold' });
  await send(gone, 500);
  const tools = gone.tcpdumps();
  t.equal(tools.length, 1);
  await rig.deletePod(gone.pod);
  const deleted = performance.now();
  await until('it is gone from the list', () => !aggregator.pods.has(gone.pod.uid));
  const connection = (): Row[] => rowsOf('gone', Protocol.tcp);
  await until('its connection is told to be over', () =>
    connection().some((row) => reasonOf(row) === EmitReason.shutdown),
  );
  const took = performance.now() - deleted;
  t.ok(took < releasedMs, `let go after ${Math.round(took)} ms`);
  t.same(gone.alive(tools), [], 'its tcpdump has ended');
  t.equal(received(rowsOf('gone')), 500);
  t.equal(opened(rowsOf('gone')), 1);
  t.equal(opened(connection()), 1);
  t.equal(connection().filter((row) => reasonOf(row) === EmitReason.shutdown).length, 1);
  t.same(aggregator.lost, []);
});

t.test(
  'a container is restarted: the flow goes on in the same capture, nothing is counted twice',
  async (t) => {
    const box = await pods.run({ name: 'box' }, false);
    const first = await rig.runContainer(box.pod, 'main', ['sleep', '100000']);
    await pods.seen(box, client);
    await serve(box);
    const tools = box.tcpdumps();
    const sending = send(box, 1_500, 500);
    await until('it flows', () => received(rowsOf('box')) > 0);
    await rig.removeContainer(first);
    await rig.runContainer(box.pod, 'main', ['sleep', '100000']);
    await sending;
    await until('all is counted', () => received(rowsOf('box')) >= 1_500);
    await new Promise((resolve) => setTimeout(resolve, 1_000)); // more would be too much
    t.equal(received(rowsOf('box')), 1_500);
    t.equal(opened(rowsOf('box')), 1);
    t.same(box.tcpdumps(), tools, 'the same tcpdump');
    t.equal(aggregator.pods.get(box.pod.uid)!.state, 'WATCH_STATE_WATCHED');
    t.same(aggregator.lost, []);
  },
);

t.test('a pod of which only the sandbox runs is watched: its network is there', async (t) => {
  const bare = await pods.run({ name: 'bare' }, false);
  const id = await rig.createContainer(bare.pod, 'main', ['sleep', '100000']);
  await pods.seen(bare, client);
  await serve(bare);
  await send(bare, 100);
  await until('all is counted', () => received(rowsOf('bare')) === 100);
  await rig.removeContainer(id);
  await rig.stopPod(bare.pod);
  const told = () => aggregator.pods.get(bare.pod.uid)!;
  await until('it is not ready', () => told().reason.startsWith('not-ready: '));
  t.match(told(), { state: 'WATCH_STATE_FAILED', reason: /does not run/, interfaces: [] });
  t.equal(received(rowsOf('bare')), 100);
});

t.test('a pod on the node’s network is listed and skipped, and watched when that is asked for', async (t) => {
  const node = await rig.runPod({ name: 'node', hostNetwork: true });
  await until('it is listed', () => aggregator.pods.has(node.uid));
  t.match(aggregator.pods.get(node.uid), {
    hostNetwork: true,
    state: 'WATCH_STATE_SKIPPED',
    reason: /^host-network: /,
    interfaces: [],
  });
  const other = { aggregator: new FakeAggregator(), agent: new AgentProcess() };
  t.teardown(async () => {
    await other.agent.stop();
    other.aggregator.stop();
  });
  await other.aggregator.start();
  const flags = ['--host-network', '--interfaces', rig.network.bridge];
  other.agent.startCri(rig.socket, other.aggregator.address, ...flags);
  await until('it is watched', () => other.aggregator.pods.get(node.uid)?.interfaces.length === 1);
  t.match(other.aggregator.pods.get(node.uid), {
    hostNetwork: true,
    state: 'WATCH_STATE_WATCHED',
    interfaces: [rig.network.bridge],
  });
  const host = `${rig.network.prefix}.1`;
  await until('its packets are counted', () => {
    client.run('bash', '-c', `echo x >/dev/udp/${host}/7`);
    return other.aggregator.rows.some(({ pod, local }) => pod === 'node' && local === `${host}:7`);
  });
});
