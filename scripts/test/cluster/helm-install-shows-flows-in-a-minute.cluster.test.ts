import t from 'tap';
import { openShop } from './shop.js';
import { CHART, type Flow, flows, install, rollout, SPACE, snoopy, until } from './snoopy-release.js';

// About 40 s for each Helm.

/** A request of the customer to the Service, seen by the agents of both nodes. */
function isSale({ protocol, source, destination, views }: Flow): boolean {
  return (
    protocol === 'TCP' &&
    source.workload === 'customer' &&
    destination.workload === 'web' &&
    destination.service === 'web' &&
    new Set(views.map(({ agent }) => agent)).size === 2
  );
}

for (const helm of ['helm3', 'helm4']) {
  t.test(`${helm} install with default values, to the first flow between two named workloads`, async (t) => {
    const start = performance.now();
    const cluster = await install(t, helm);
    openShop(cluster);
    const sale = await until('a sale', 60, () => flows(cluster, '-n', 'shop').find(isSale));
    const seconds = (performance.now() - start) / 1_000;
    process.stderr.write(`${helm} install to the first flow by name: ${seconds.toFixed(1)} s\n`);
    t.ok(seconds < 60, 'within a minute');
    t.match(sale, {
      source: { namespace: 'shop', workloadKind: 'Deployment', node: 'node-a', zone: 'zone-a' },
      destination: { namespace: 'shop', workloadKind: 'Deployment', node: 'node-b', zone: 'zone-b' },
      outcome: 'OUTCOME_ESTABLISHED',
    });

    await until(
      'both agents',
      30,
      () => (snoopy(cluster, 'status').match(/ connected /g) ?? []).length === 2,
    );
    rollout(cluster);
    await t.test('helm test, upgrade and rollback', async (t) => {
      const run = (...args: readonly string[]): string => cluster.run(helm, [...args, '-n', SPACE]);
      t.match(run('test', 'snoopy', '--timeout', '60s'), /Phase: +Succeeded/);
      t.match(snoopy(cluster, 'status'), /Lost since the start\nnothing/);
      const values = ['--set', 'agent.flows=packets', '--set', 'aggregator.replicas=1'];
      run('upgrade', 'snoopy', CHART, ...values, '--wait', '--timeout', '120s');
      await until('flows from packets', 60, () => flows(cluster, '-n', 'shop').find(isSale));
      t.match(snoopy(cluster, 'status'), / packets /, 'the new values are in force');
      run('rollback', 'snoopy', '1', '--wait', '--timeout', '120s');
      await until('flows after the rollback', 60, () => flows(cluster, '-n', 'shop').find(isSale));
    });

    await t.test('uninstall leaves the CRDs and nothing else', async (t) => {
      cluster.run(helm, ['uninstall', 'snoopy', '-n', SPACE, '--wait', '--timeout', '60s']);
      const left = await until('the pods to end', 60, () => {
        const names = leftovers(cluster);
        return names.some((name) =>
          /^pod|^replicaset|^controllerrevision|^secret|^configmap|^endpoint/.test(name),
        )
          ? undefined
          : names;
      });
      t.strictSame(left, []);
    });
  });
}

/** Everything of the release that the API server still has, CRDs excepted. */
function leftovers(cluster: Awaited<ReturnType<typeof install>>): string[] {
  const kinds = ['--verbs=list', '--verbs=delete', '-o', 'name'];
  const resources = cluster
    .kubectl(['api-resources', ...kinds])
    .split('\n')
    .filter((name) => name && !/customresourcedefinitions|^events/.test(name));
  const args = ['get', resources.join(), '-A', '-l', 'app.kubernetes.io/name=snoopy', '-o', 'name'];
  return cluster.kubectl(args).split('\n').filter(Boolean);
}
