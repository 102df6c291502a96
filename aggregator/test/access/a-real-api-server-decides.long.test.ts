/* About 60 s: an etcd and an API server of their own, and the real aggregator with the rights that the chart gives it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { builtKubernetes, ControlPlane } from '@snoopy/scripts/rig/control-plane';
import t from 'tap';
import { LinkAgent } from '../fakes/link-agent.js';
import { anyPorts, Program } from '../fakes/program.js';
import { sleep, until } from '../ingest/link-rig.js';
import { agentCalls, Callers, type Outcome } from './callers.js';
import { AccessCluster } from './cluster.js';

const programs = builtKubernetes();
const skip = programs === undefined && 'Kubernetes is not built here: scripts/build-kubernetes.sh builds it';
const { UNAUTHENTICATED, PERMISSION_DENIED, UNAVAILABLE } = grpc.status;
const AUDIENCE = 'snoopy-aggregator';

interface Line {
  audit: string;
  allowed?: boolean;
  user: string;
  call: string;
  reason?: string;
  bytes?: number;
}

t.test('who may do what, by a real API server', { skip, timeout: 240_000 }, async (t) => {
  const plane = await ControlPlane.start(programs!);
  t.teardown(() => plane.stop());
  const cluster = new AccessCluster(plane);
  await cluster.namespaces('snoopy', 'shop', 'billing', 'people');
  await cluster.account('snoopy', 'snoopy-aggregator');
  await cluster.account('snoopy', 'snoopy-agent');
  await cluster.account('snoopy', 'other');
  for (const namespace of ['shop', 'billing']) await cluster.account(namespace, 'default');
  for (const one of ['all', 'viewer', 'lister', 'blind', 'pinger', 'nobody'])
    await cluster.account('people', one);
  await cluster.grantAggregator('snoopy/snoopy-aggregator', 'snoopy');
  await cluster.grant('people/all', [['flows', ['list', 'watch']]]);
  await cluster.grant('people/viewer', [['flows', ['list', 'watch']]], 'shop');
  await cluster.grant('people/pinger', [['tools/ping', ['create']]], 'shop');
  await cluster.grant('people/lister', [['flows', ['list']]], 'shop');
  const seesNoPackets = [['packetcaptures', ['create', 'get']]] as const;
  await cluster.grant('people/blind', [['flows', ['list', 'watch']], ...seesNoPackets], 'shop');
  await cluster.node('node-1');
  await cluster.node('node-2');
  const agentPod = { name: 'agent-1', uid: await cluster.pod('snoopy', 'agent-1', 'node-1', 'snoopy-agent') };
  const agentPod2 = {
    name: 'agent-2',
    uid: await cluster.pod('snoopy', 'agent-2', 'node-2', 'snoopy-agent'),
  };
  const otherPod = { name: 'other', uid: await cluster.pod('snoopy', 'other', 'node-1', 'other') };
  const gonePod = { name: 'gone', uid: await cluster.pod('snoopy', 'gone', 'node-1', 'snoopy-agent') };
  const web = { uid: await cluster.pod('shop', 'web', 'node-1'), namespace: 'shop', name: 'web' };
  const db = { uid: await cluster.pod('billing', 'db', 'node-2'), namespace: 'billing', name: 'db' };

  const folder = t.testdir();
  const auditFile = join(folder, 'audit.jsonl');
  const kubeconfig = cluster.kubeconfig(await cluster.token('snoopy', 'snoopy-aggregator'));
  const flags = [
    ...['--trust', 'kubernetes', '--kubernetes', kubeconfig, '--namespace', 'snoopy'],
    ...['--data-dir', folder, '--audit-log', auditFile],
  ];
  let aggregator = new Program(t, [...anyPorts, ...flags]);
  let { agents, clients } = await aggregator.listening();
  const lines = (): Line[] =>
    readFileSync(auditFile, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line);

  const files = await cluster.files('secrets', 'snoopy', 'snoopy-agent');
  const { 'ca.crt': ca = '' } = await cluster.files('configmaps', 'snoopy', 'snoopy-client');
  t.equal(files['ca.crt'], ca, 'the same authorities for people and agents');
  const mutual = grpc.credentials.createSsl(
    Buffer.from(ca),
    Buffer.from(files['tls.key']!),
    Buffer.from(files['tls.crt']!),
  );
  let people = new Callers(clients, ca);
  t.teardown(() => people.close());

  const agentToken = await cluster.token('snoopy', 'snoopy-agent', AUDIENCE, agentPod);
  const agentToken2 = await cluster.token('snoopy', 'snoopy-agent', AUDIENCE, agentPod2);
  const goneToken = await cluster.token('snoopy', 'snoopy-agent', AUDIENCE, gonePod);
  await cluster.deletePod('snoopy', 'gone');
  const tokens = Object.fromEntries(
    await Promise.all(
      ['all', 'viewer', 'lister', 'blind', 'pinger', 'nobody'].map(
        async (one) => [one, await cluster.token('people', one)] as const,
      ),
    ),
  ) as Record<'all' | 'viewer' | 'lister' | 'blind' | 'pinger' | 'nobody', string>;
  const ended = { iat: 1_000, nbf: 1_000, exp: 2_000 };
  const shop = { include: [{ namespaces: ['shop'] }] };
  const billing = { include: [{ namespaces: ['billing'] }] };
  const agent = (token: string, node = 'node-1', call: 'control' | 'flows' | 'packets' = 'control') =>
    agentCalls(agents, mutual, token, node, call);

  await t.test(
    '100 % of what is not allowed is refused, and in the audit',
    { timeout: 120_000 },
    async (t) => {
      const matrix: Record<string, [number, () => Promise<Outcome>]> = {
        'agent without token': [UNAUTHENTICATED, () => agent('')],
        'agent with nonsense': [UNAUTHENTICATED, () => agent('nonsense')],
        'agent with an ended token': [UNAUTHENTICATED, () => agent(cluster.forged(agentToken, ended))],
        'agent with a token for the API server': [
          UNAUTHENTICATED,
          async () => agent(await cluster.token('snoopy', 'snoopy-agent', '', agentPod)),
        ],
        'agent with a token of another audience': [
          UNAUTHENTICATED,
          async () => agent(await cluster.token('snoopy', 'snoopy-agent', 'vault', agentPod)),
        ],
        'agent with a token of another account': [
          UNAUTHENTICATED,
          async () => agent(await cluster.token('snoopy', 'other', AUDIENCE, otherPod)),
        ],
        'agent with a token of no pod': [
          UNAUTHENTICATED,
          async () => agent(await cluster.token('snoopy', 'snoopy-agent', AUDIENCE)),
        ],
        'agent whose pod is gone': [UNAUTHENTICATED, () => agent(goneToken)],
        'agent that calls itself another node': [PERMISSION_DENIED, () => agent(agentToken, 'node-2')],
        'another node’s flows': [PERMISSION_DENIED, () => agent(agentToken, 'node-2', 'flows')],
        'another node’s packets': [PERMISSION_DENIED, () => agent(agentToken, 'node-2', 'packets')],
        'flows without token': [UNAUTHENTICATED, () => agent('', 'node-1', 'flows')],
        'packets without token': [UNAUTHENTICATED, () => agent('', 'node-1', 'packets')],
        'person as agent': [UNAUTHENTICATED, () => agent(tokens.all)],
        'GetFlows without token': [UNAUTHENTICATED, () => people.flows('', shop)],
        'GetStatus without token': [UNAUTHENTICATED, () => people.status('', shop)],
        'Capture without token': [UNAUTHENTICATED, () => people.capture('', { namespace: 'shop' })],
        'ExportPodData without token': [UNAUTHENTICATED, () => people.send('')],
        'GetFlows with nonsense': [UNAUTHENTICATED, () => people.flows('nonsense', shop)],
        'GetFlows with an ended token': [
          UNAUTHENTICATED,
          () => people.flows(cluster.forged(tokens.all, ended), shop),
        ],
        'GetFlows with an agent’s token': [UNAUTHENTICATED, () => people.flows(agentToken, shop)],
        'GetFlows of nobody': [PERMISSION_DENIED, () => people.flows(tokens.nobody, shop)],
        'GetStatus of nobody': [PERMISSION_DENIED, () => people.status(tokens.nobody, shop)],
        'Capture of nobody': [PERMISSION_DENIED, () => people.capture(tokens.nobody, { namespace: 'shop' })],
        'ExportPodData of nobody': [PERMISSION_DENIED, () => people.send(tokens.nobody)],
        'other namespace': [PERMISSION_DENIED, () => people.flows(tokens.viewer, billing)],
        'one of two namespaces': [
          PERMISSION_DENIED,
          () => people.flows(tokens.viewer, { include: [{ namespaces: ['shop', 'billing'] }] }),
        ],
        'a second filter for all': [
          PERMISSION_DENIED,
          () => people.flows(tokens.viewer, { include: [...shop.include, { ports: [80] }] }),
        ],
        'all namespaces': [PERMISSION_DENIED, () => people.flows(tokens.viewer, {})],
        'status of all namespaces': [PERMISSION_DENIED, () => people.status(tokens.viewer, {})],
        'list without watch': [
          PERMISSION_DENIED,
          () => people.flows(tokens.lister, { ...shop, follow: true }),
        ],
        'view without captures': [
          PERMISSION_DENIED,
          () => people.capture(tokens.viewer, { namespace: 'shop' }),
        ],
        'captures without packets': [
          PERMISSION_DENIED,
          () => people.capture(tokens.blind, { namespace: 'shop' }),
        ],
        'captures of all namespaces': [PERMISSION_DENIED, () => people.capture(tokens.blind, {})],
        'Run without token': [UNAUTHENTICATED, () => people.run('', 'ping', 'shop')],
        'ListJobs without token': [UNAUTHENTICATED, () => people.jobs('', 'shop')],
        'ReadFile without token': [UNAUTHENTICATED, () => people.file('', 'shop')],
        'a tool without its right': [PERMISSION_DENIED, () => people.run(tokens.blind, 'ping', 'shop')],
        'another tool than the right’s': [
          PERMISSION_DENIED,
          () => people.run(tokens.pinger, 'iperf3', 'shop'),
        ],
        'a tool in another namespace': [
          PERMISSION_DENIED,
          () => people.run(tokens.pinger, 'ping', 'billing'),
        ],
        'a tool in all namespaces': [PERMISSION_DENIED, () => people.run(tokens.pinger, 'ping')],
        'jobs of nobody': [PERMISSION_DENIED, () => people.jobs(tokens.nobody, 'shop')],
        'jobs of all namespaces': [PERMISSION_DENIED, () => people.jobs(tokens.blind)],
        'a file without packets': [PERMISSION_DENIED, () => people.file(tokens.blind, 'shop')],
        'all flows, no packets': [PERMISSION_DENIED, () => people.capture(tokens.all, { namespace: 'shop' })],
      };
      for (const [what, [code, call]] of Object.entries(matrix)) {
        const before = lines().length;
        const outcome = await call();
        t.equal(outcome.code, code, `${what}: ${outcome.details}`);
        const [line, ...more] = lines().slice(before);
        t.match(
          line,
          { audit: 'decision', allowed: false, reason: outcome.details },
          `${what}: in the audit`,
        );
        t.same(more, [], `${what}: one line`);
      }
      t.comment(`${Object.keys(matrix).length} calls that are not allowed, all refused`);
      t.notMatch(readFileSync(auditFile, 'utf8'), agentToken.split('.')[2]!, 'no token is in the audit');
    },
  );

  await t.test('who has no certificate of the authority gets no connection', async (t) => {
    const without = grpc.credentials.createSsl(Buffer.from(ca));
    t.equal((await agentCalls(agents, without, agentToken, 'node-1')).code, UNAVAILABLE);
    t.equal(
      (await agentCalls(agents, grpc.credentials.createInsecure(), agentToken, 'node-1')).code,
      UNAVAILABLE,
    );
  });

  await t.test('an agent tells of its own node’s pods, and each sees what they may', async (t) => {
    const here = { ...web, node: 'node-1', ip: '10.0.0.1' };
    const there = { ...db, node: 'node-2', ip: '10.0.0.2' };
    const evil = { ...db, node: 'node-1', ip: '10.0.0.2' };
    const invented = { ...db, uid: 'invented', node: 'node-1', ip: '10.0.0.2' };
    const one = new LinkAgent(agents, 'node-1', [here, evil], { credentials: mutual, token: agentToken });
    const two = new LinkAgent(agents, 'node-2', [there], { credentials: mutual, token: agentToken2 });
    t.teardown(() => [one, two].map((link) => link.close()));
    await one.open();
    await two.open();
    const row = {
      localPort: 40_000,
      peerPort: 5_432,
      opened: true,
      initiator: 1,
      clientIsn: 7,
      serverIsn: 8,
    };
    const alone = (clientIsn: number) => ({ clientIsn, serverIsn: clientIsn + 1 });
    const sent = { sent: [1, 100] as [number, number], lastUs: Date.now() * 1_000 };
    one.send([
      { ...row, ...sent, pod: here, peer: there.ip },
      { ...row, ...sent, ...alone(100), pod: evil, peer: '10.9.9.9', localPort: 1 },
      { ...row, ...sent, ...alone(200), pod: invented, peer: '10.9.9.9', localPort: 2 },
      { ...row, ...sent, ...alone(300), pod: here, peer: '93.184.216.34', peerPort: 443, localPort: 3 },
    ]);
    two.send([
      { ...row, ...sent, pod: there, peer: here.ip, localPort: 5_432, peerPort: 40_000, initiator: 2 },
      { ...row, ...sent, ...alone(400), pod: there, peer: '10.9.9.9', peerPort: 443, localPort: 4 },
    ]);
    await one.settled();
    await two.settled();

    const all = await people.flows(tokens.all, { last: 100 });
    t.equal(all.code, 0, all.details);
    const ends = all.flows.map((flow) => `${flow.source?.pod}:${flow.source?.port} ${flow.destination?.ip}`);
    t.same(ends.sort(), ['db:4 10.9.9.9', 'web:3 93.184.216.34', 'web:40000 10.0.0.2']);
    const status = await people.status(tokens.all, {});
    t.match(
      status.answer?.lost.find(({ reason }) => reason === 'foreign_pod'),
      { node: 'node-1', stage: 'link', count: 2, unit: 'LOSS_UNIT_RECORDS' },
    );
    const told = status.answer?.agents.find(({ name }) => name === 'node-1')?.pods.map(({ name }) => name);
    t.same(told, ['web'], 'nor does its report name the other node’s pod');

    const seen = await people.flows(tokens.viewer, { last: 100, ...shop });
    t.equal(seen.flows.length, 2, 'flows that touch the namespace');
    const inside = seen.flows.find(({ source }) => source?.port === 40_000)!;
    t.match(inside.source, { pod: 'web', namespace: 'shop', hidden: false });
    const nothing = { ip: '', namespace: '', pod: '', podUid: '', workload: '', node: '', service: '' };
    t.match(inside.destination, { ...nothing, port: 5_432, hidden: true, labels: {} });
    t.same(
      inside.views.map(({ agent: name }) => name),
      ['node-1'],
      'the other end’s view is not told',
    );
    const outside = seen.flows.find(({ source }) => source?.port === 3)!;
    t.match(outside.destination, { ip: '93.184.216.34', hidden: false }, 'addresses outside are kept');
    for (const filter of [{ cidrs: ['10.0.0.2'] }, { pods: ['db'] }]) {
      const asked = { last: 100, include: [{ namespaces: ['shop'] }], exclude: [filter] };
      t.equal(
        (await people.flows(tokens.viewer, asked)).flows.length,
        2,
        'and filters do not tell it either',
      );
    }
    const own = await people.status(tokens.viewer, shop);
    t.same(
      own.answer?.agents.flatMap(({ pods }) => pods.map(({ name }) => name)),
      ['web'],
    );
    t.ok(
      own.answer?.lost.every(({ node }) => node === ''),
      'losses without nodes',
    );
  });

  await t.test(
    'a right that is taken away ends the stream within a minute',
    { timeout: 120_000 },
    async (t) => {
      const follower = people.follow(tokens.viewer, 'shop');
      const end = new Promise<grpc.ServiceError>((resolve) => follower.on('error', resolve));
      await new Promise((resolve) => follower.once('metadata', resolve));
      const began = Date.now();
      await plane.call(
        'DELETE',
        '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings/people-viewer-flows',
      );
      t.match(await end, { code: PERMISSION_DENIED, details: /may not list flows\.snoopy\.dev/ });
      t.ok(Date.now() - began < 75_000, `${Date.now() - began} ms`);
      await until(() => lines().at(-1)?.audit === 'end');
      t.match(lines().at(-1), { call: 'GetFlows', user: /viewer/, bytes: Number });
    },
  );

  await t.test(
    'a restarted aggregator admits its agents without the API server',
    { timeout: 120_000 },
    async (t) => {
      aggregator.child.kill('SIGTERM');
      await aggregator.ended;
      await plane.stopApi();
      aggregator = new Program(t, [...anyPorts, ...flags]);
      ({ agents, clients } = await aggregator.listening());
      people.close();
      people = new Callers(clients, ca);
      const before = lines().length;
      t.equal((await agent(agentToken)).code, 0);
      t.match(lines()[before], { allowed: true, reason: /by the stored keys/ });
      t.match(await agent(agentToken, 'node-2'), { code: PERMISSION_DENIED });
      t.match(await agent(cluster.forged(agentToken, ended)), {
        code: UNAUTHENTICATED,
        details: /it has ended/,
      });
      t.match(await agent(cluster.forged(agentToken, { aud: ['vault'] })), { code: UNAUTHENTICATED });
      t.match(await agent(`${agentToken.slice(0, -8)}AAAAAAAA`), {
        code: UNAUTHENTICATED,
        details: /signature/,
      });
      const [, body, signature] = agentToken.split('.');
      const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
      t.match(await agent(`${none}.${body}.${signature}`), { code: UNAUTHENTICATED, details: /signature/ });
      t.match(await people.flows(tokens.all, {}), { code: UNAVAILABLE, details: /cannot be asked/ });
      await plane.startApi();
      await sleep(100);
      t.equal((await people.flows(tokens.all, {})).code, 0, 'and people again, once it is back');
    },
  );
});
