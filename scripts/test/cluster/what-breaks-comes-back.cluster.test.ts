import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { Cluster } from '../../src/cluster/cluster.js';
import { openShop } from './shop.js';
import { type Flow, flows, install, isSale, rollout, SPACE, snoopy, until } from './snoopy-release.js';

// About two minutes: a node is missed by Kubernetes after 20 s.

interface Status {
  readonly agents: readonly { readonly name: string; readonly report: Report }[];
}

interface Report {
  readonly rowsSeen: number;
  readonly rowsDelivered: number;
  readonly rowsQueued: number;
  readonly rowsLost: number;
}

t.test('flows go on by name after each of these', async (t) => {
  const cluster = await install(t, 'helm3');
  openShop(cluster);
  rollout(cluster);
  await sale(cluster, 60);

  await t.test('the aggregator’s pod is deleted', async (t) => {
    cluster.kubectl([
      '-n',
      SPACE,
      'delete',
      'pod',
      '-l',
      'app.kubernetes.io/component=aggregator',
      '--wait=false',
    ]);
    await sleep(2_000); // it is asked to end first
    await sale(cluster, 60);
    await connected(cluster, 2);
    t.match(snoopy(cluster, 'status'), /Lost since the start\nnothing/);
  });

  await t.test('the API server is away for 15 s: names come from what is known', async (t) => {
    const pod = cluster.kubectl([
      '-n',
      SPACE,
      'get',
      'pod',
      '-l',
      'app.kubernetes.io/component=aggregator',
      '-o',
      'name',
    ]);
    t.match(pod, /^pod\/snoopy-aggregator/);
    cluster.stop('kube-apiserver');
    const gone = new Date();
    await sleep(15_000);
    cluster.start('kube-apiserver');
    await until('the API server', 60, () => cluster.kubectl(['get', '--raw', '/readyz']) === 'ok');
    const [meanwhile] = await until('flows of that time', 30, () => {
      const found = flows(cluster, '-n', 'shop').filter((flow) => isSale(flow) && new Date(flow.time) > gone);
      return found.length > 0 && found;
    });
    const late = new Date(meanwhile!.time).getTime() - gone.getTime();
    t.ok(late < 15_000, 'a flow that happened while it was away has its names');
    await sale(cluster, 30);
  });

  await t.test('a node is killed with all that runs there, and comes back', async () => {
    cluster.stop('node-b');
    await until('Kubernetes to miss it', 60, () =>
      /node-b +NotReady/.test(cluster.kubectl(['get', 'nodes'])),
    );
    cluster.start('node-b');
    await until('it to be back', 60, () => /node-b +Ready/.test(cluster.kubectl(['get', 'nodes'])));
    await sale(cluster, 120);
    await connected(cluster, 2);
  });

  await t.test('nothing is unaccounted for: seen = delivered + queued + lost', async (t) => {
    const { agents } = JSON.parse(snoopy(cluster, 'status', '-o', 'json')) as Status;
    for (const { name, report } of agents) {
      const { rowsSeen, rowsDelivered, rowsQueued, rowsLost } = report;
      const sum = `${rowsSeen} = ${rowsDelivered} + ${rowsQueued} + ${rowsLost}`;
      t.equal(rowsSeen, rowsDelivered + rowsQueued + rowsLost, `${name}: ${sum}`);
    }
  });
});

/** A new request of the customer to the shop's Service, with both names. */
async function sale(cluster: Cluster, seconds: number): Promise<Flow> {
  const start = new Date();
  return until('a sale', seconds, () =>
    flows(cluster, '-n', 'shop').find((flow) => isSale(flow) && new Date(flow.time) > start),
  );
}

async function connected(cluster: Cluster, count: number): Promise<void> {
  await until(
    'the agents',
    60,
    () => (snoopy(cluster, 'status').match(/ connected /g) ?? []).length === count,
  );
}
