/* About 15 s: the whole program before a real etcd and API server; the agent is a test's, over the real link. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Initiator, Outcome } from '@snoopy/proto';
import t from 'tap';
import { LinkAgent } from '../fakes/link-agent.js';
import { anyPorts, Program } from '../fakes/program.js';
import { snoopy } from '../fakes/snoopy-process.js';
import { until } from '../ingest/link-rig.js';
import { skip, startApiWithJobs } from '../kubernetes/api-world.js';

t.setTimeout(180_000);
t.test('--kubernetes FILE: workloads, nodes and jobs', { skip, timeout: 180_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'snoopy-kubernetes-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const { plane, objects, jobs } = await startApiWithJobs(t);
  await objects.namespace('shop');
  await objects.node('node-a', '192.168.0.1', 'north');
  const web = {
    uid: await objects.pod('web-1', { ip: '10.0.0.1', labels: { app: 'web' } }),
    name: 'web-1',
    ip: '10.0.0.1',
  };
  const owner: [string, string] = ['StatefulSet', 'db'];
  const db = { uid: await objects.pod('db-0', { ip: '10.0.0.2', owner }), name: 'db-0', ip: '10.0.0.2' };
  const pods = [web, db].map((pod) => ({ ...pod, namespace: 'shop', node: 'node-a' }));
  const program = new Program(t, [
    ...anyPorts,
    '--trust',
    'none',
    '--kubernetes',
    plane.kubeconfig,
    '--data-dir',
    folder,
  ]);
  const { agents, clients, http } = await program.listening();
  await until(() => program.log.filter(({ msg }) => msg === 'Kubernetes: following').length >= 7, 30_000);

  const agent = new LinkAgent(agents, 'node-a', pods);
  t.teardown(() => agent.close());
  await agent.open();
  const dial = {
    pod: pods[0]!,
    initiator: Initiator.local,
    opened: true,
    outcome: Outcome.established,
    final: true,
  };
  const lastUs = Date.now() * 1_000;
  agent.send([
    { ...dial, peer: '10.0.0.2', localPort: 1_000, peerPort: 5_432, lastUs },
    { ...dial, peer: '192.168.0.1', localPort: 1_001, peerPort: 10_250, lastUs },
  ]);
  await agent.settled();
  const { stdout } = await snoopy(['observe', '--server', clients]);
  t.match(stdout, /shop\/web-1:1000 +→ shop\/db-0:5432/);
  t.match(stdout, /shop\/web-1:1001 +→ node\/node-a:10250/);
  const page = await (await fetch(`http://${http}/metrics`)).text();
  t.match(page, /snoopy_connections_total\{[^}]*dst_workload="db"[^}]*\} +1/);

  await jobs.create('routes', { command: 'ip', args: 'route', labelSelector: { app: 'web' } });
  await jobs.until('routes', (status) => status.state === 'Running');
  t.match(await snoopy(['jobs', '-n', 'shop', '--server', clients]), { code: 0, stdout: /routes +Running/ });
  program.child.kill('SIGTERM');
  t.equal(await program.ended, 0);
});
