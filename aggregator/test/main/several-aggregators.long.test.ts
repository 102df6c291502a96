/* About 20 s: two programs before a real etcd and API server. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import t from 'tap';
import { LinkAgent } from '../fakes/link-agent.js';
import { anyPorts, Program } from '../fakes/program.js';
import { snoopy } from '../fakes/snoopy-process.js';
import { until } from '../ingest/link-rig.js';
import { skip, startApiWithJobs } from '../kubernetes/api-world.js';

const LEASE = '/apis/coordination.k8s.io/v1/namespaces/default/leases/snoopy-aggregator';

t.setTimeout(180_000);
t.test('--standby: one works, the others send on to it', { skip, timeout: 180_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'snoopy-standby-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const { plane } = await startApiWithJobs(t);
  const replica = () =>
    new Program(t, [
      ...anyPorts,
      ...['--trust', 'none', '--kubernetes', plane.kubeconfig, '--namespace', 'default'],
      ...['--standby', '--own-address', '127.0.0.1', '--data-dir', folder],
    ]);
  const isActive = (program: Program): boolean => program.log.some(({ msg }) => msg === 'active');
  const page = async (http: string) => (await fetch(`http://${http}/metrics`)).text();
  const callAgents = async (address: string): Promise<grpc.ServiceError | undefined> => {
    const agent = new LinkAgent(address, 'node-a', []);
    await agent.open().catch(() => undefined);
    const { error } = agent;
    agent.close();
    return error;
  };

  const first = replica();
  const one = await first.listening();
  await until(() => isActive(first), 20_000);
  const second = replica();
  const two = await second.listening();

  await t.test('agents are told who works, and clients get there through it', async (t) => {
    await until(
      async () => (await callAgents(two.agents))?.metadata.get('snoopy-active')[0] === one.agents,
      10_000,
    );
    t.match(await callAgents(two.agents), {
      code: grpc.status.UNAVAILABLE,
      details: /stands by; 127.0.0.1:\d+ is active/,
    });
    t.equal(await callAgents(one.agents), undefined);
    const agent = new LinkAgent(one.agents, 'node-b', []);
    t.teardown(() => agent.close());
    await agent.open();
    t.match(await snoopy(['status', '--server', two.clients]), { code: 0, stdout: /node-b/ });
    t.match(await page(one.http), /snoopy_aggregator_active 1/);
    t.match(await page(two.http), /snoopy_aggregator_active 0/);
    t.equal((await fetch(`http://${two.http}/readyz`)).status, 200, 'a standby is ready');
  });

  await t.test(
    'while the API server is away the active one goes on, and the other does not begin',
    async (t) => {
      await plane.stopApi('SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, 12_000));
      t.equal(await callAgents(one.agents), undefined);
      t.notOk(isActive(second));
      await plane.startApi();
      await new Promise((resolve) => setTimeout(resolve, 6_000));
      t.notOk(isActive(second), 'nor when it is back');
    },
  );

  await t.test('one that goes leaves the work to the other, at once', async (t) => {
    first.child.kill('SIGTERM');
    t.equal(await first.ended, 0);
    await until(() => isActive(second), 5_000);
    await until(async () => (await snoopy(['status', '--server', two.clients])).code === 0, 5_000);
    t.equal(await callAgents(two.agents), undefined);
  });

  await t.test('one whose place another took ends, so that it begins anew', async (t) => {
    const lease = await plane.call<{ spec: object; metadata: object }>('GET', LEASE);
    const spec = {
      ...lease.spec,
      holderIdentity: 'another',
      renewTime: new Date().toISOString().replace('Z', '000Z'),
    };
    await plane.call('PUT', LEASE, { ...lease, spec });
    t.equal(await second.ended, 0);
    t.ok(second.log.some(({ msg }) => msg === 'another aggregator took over'));
  });
});

t.test('--standby without Kubernetes is refused with a sentence', async (t) => {
  const program = new Program(t, [...anyPorts, '--standby', '--data-dir', t.testdir()]);
  t.equal(await program.ended, 1);
  t.match(program.stderr, /--standby needs the Kubernetes API/);
});
