import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import type { Cluster } from '../../src/cluster/cluster.js';
import { image } from '../../src/rig/busybox-image.js';
import { SAMPLE_ENDPOINT, SAMPLE_JOB } from '../../src/rig/original-samples.js';
import { Person } from './person.js';
import { openShop } from './shop.js';
import { install, rollout, SPACE, snoopy, until } from './snoopy-release.js';

// About 80 s.

interface JobStatus {
  readonly state: string;
  readonly matched?: number;
  readonly running?: number;
  readonly succeeded?: number;
  readonly failed?: number;
  readonly skipped?: number;
  readonly conditions: readonly { readonly type: string; readonly status: string; readonly reason: string }[];
  readonly runs?: readonly {
    readonly state: string;
    readonly reason: string;
    readonly message: string;
    readonly file?: string;
    readonly targets: readonly Target[];
  }[];
}

interface Target {
  readonly pod: string;
  readonly node: string;
  readonly state: string;
  readonly packets: number;
  readonly dropped: number;
  readonly error: string;
}

const CALL = 'while :; do nslookup web.shop.svc.cluster.local; sleep 0.2; done >/dev/null 2>&1';

t.test('SnoopyJobs with real agents', async (t) => {
  // The policy's maximum ends what has no duration.
  const cluster = await install(t, 'helm3', '--set', 'agent.policy.maxTime=20s');
  openShop(cluster);
  cluster.kubectl(['create', 'namespace', 'cnf-telco']);
  t.teardown(() => cluster.kubectl(['delete', 'namespace', 'cnf-telco', '--wait', '--timeout=60s']));
  pods(cluster, 'cnf-telco', { networkMonitor: 'true' }, { cnf: 'node-b' });
  pods(cluster, 'shop', { app: 'caller' }, { 'caller-a': 'node-a', 'caller-b': 'node-b' });
  rollout(cluster);
  await until('both agents', 60, () => (snoopy(cluster, 'status').match(/ connected /g) ?? []).length === 2);
  await until('pods', 60, () => running(cluster, 'shop', 'app=caller') === 2);
  await until('the policy', 60, () => judged(cluster));

  await t.test('the original’s samples apply unchanged and run, with default values', async (t) => {
    t.teardown(() =>
      cluster.kubectl(['delete', 'snoopyjobs,snoopydataendpoints', '--all', '--wait', '--timeout=30s']),
    );
    cluster.kubectl(['apply', '-f', '-'], SAMPLE_ENDPOINT);
    cluster.kubectl(['apply', '-f', '-'], SAMPLE_JOB);
    const name = 'snoopyjob-tcpdump-example';
    const captured = await until('packets', 30, () => {
      const job = statusOf(cluster, 'default', name);
      return (job.runs?.[0]?.targets[0]?.packets ?? 0) > 0 && job;
    });
    t.match(captured, {
      state: 'Running',
      matched: 1,
      running: 1,
      runs: [{ targets: [{ pod: 'cnf', node: 'node-b' }] }],
    });
    const path = 'jsonpath={.status.address}';
    const address = cluster.kubectl(['get', 'snoopydataendpoint', 'snoopydataendpoint-sample', '-o', path]);
    t.equal(address, `snoopy-aggregator.${SPACE}.svc:4245`);
    const done = await until('its end', 60, () => {
      const job = statusOf(cluster, 'default', name);
      return job.state !== 'Running' && job;
    });
    t.match(done, {
      state: 'Complete',
      succeeded: 1,
      runs: [{ reason: 'EndedByPolicy', file: /\.pcapng$/ }],
    });
    t.match(done.runs![0]!.message, /ends it after 20 s \(--task-time\)/, 'it says why it ended');
  });

  await t.test(
    'pods of both nodes and one that comes later, in one pcapng; kubectl tells it all',
    async (t) => {
      cluster.kubectl(
        ['apply', '-f', '-'],
        job('callers', { labelSelector: { app: 'caller' }, ...capture('port 53', '15s') }),
      );
      await until('both', 20, () => statusOf(cluster, 'shop', 'callers').running === 2);
      pods(cluster, 'shop', { app: 'caller' }, { 'caller-late': 'node-a' });
      await until('the third', 20, () => statusOf(cluster, 'shop', 'callers').running === 3);
      t.match(cluster.kubectl(['-n', 'shop', 'get', 'snoopyjobs']), /callers +Running +3 +3 /);
      const done = await until('its end', 40, () => {
        const job = statusOf(cluster, 'shop', 'callers');
        return job.state !== 'Running' && job;
      });
      t.match(done, {
        state: 'Complete',
        matched: 3,
        running: 0,
        succeeded: 3,
        failed: 0,
        runs: [{ reason: 'Finished' }],
      });
      const names = ['caller-a', 'caller-b', 'caller-late'];
      const { targets } = done.runs![0]!;
      t.same(targets.map(({ pod }) => pod).sort(), names);
      for (const { pod, packets, dropped } of targets)
        t.ok(packets > 0 && dropped === 0, `${pod}: ${packets} packets`);
      const words = cluster.kubectl(['-n', 'shop', 'describe', 'snoopyjob', 'callers']);
      for (const word of [
        ...names,
        'node-a',
        'node-b',
        'Started',
        'Finished',
        'Complete: ',
        'nothing was dropped',
      ])
        t.match(words, word, `describe says ${word}`);

      await t.test(
        'somebody with the role for operators gets the file; it holds an interface for each pod',
        async (t) => {
          const person = await Person.arrive(t, cluster, 'olga', ['shop']);
          t.match(await person.snoopy('jobs', '-n', 'shop'), /callers +Complete .* 3\/3 /);
          const file = join(person.folder, 'callers.pcapng');
          await person.snoopy('jobs', 'download', 'callers', '-n', 'shop', '-w', file);
          const fields = ['-T', 'fields', '-e', 'frame.interface_name', '-e', 'udp.port'];
          const { stdout } = spawnSync('tshark', ['-r', file, ...fields], { encoding: 'utf8' });
          const lines = stdout.trim().split('\n');
          const counts = (pod: string): number =>
            lines.filter((line) => line.includes(`shop/${pod}/eth0`)).length;
          for (const { pod, packets } of targets) t.equal(counts(pod), packets, `${pod}: all of its packets`);
          t.ok(
            lines.every((line) => /\b53\b/.test(line)),
            'and nothing but what the filter lets through',
          );
          await t.rejects(
            person.snoopy('jobs', 'logs', 'snoopyjob-tcpdump-example', '-n', 'default'),
            /may not/,
          );
          t.match(
            await person.snoopy('run', 'ip', '-n', 'shop', '-l', 'app=caller', '--', 'route'),
            /default via/,
          );
        },
      );
    },
  );

  await t.test('whoever writes a job reaches no further than themselves', async (t) => {
    const person = await Person.arrive(t, cluster, 'otto', ['shop']);
    const as = (spec: object) => {
      const args = ['--as', person.account, 'apply', '-f', '-'];
      return spawnSync('kubectl', args, {
        env: cluster.environment,
        input: job('deputy', spec),
        encoding: 'utf8',
      });
    };
    t.match(as({ ...capture('', '1s'), labelSelector: { app: 'web' } }), { status: 0 });
    for (const [what, spec] of Object.entries({
      'another namespace': { targetNamespace: 'cnf-telco', labelSelector: { networkMonitor: 'true' } },
      'all of them': { targets: { namespaceSelector: {} } },
      'the node’s network': { targets: { podSelector: {}, hostNetwork: true } },
    }))
      t.match(
        as({ ...capture('', '1s'), ...spec }),
        { status: 1, stderr: /takes the right to create/ },
        what,
      );
    t.match(as({ command: 'ip', args: 'addr', labelSelector: { app: 'web' }, timer: '5s' }), { status: 0 });
  });

  await t.test(
    'a tool by the original’s fields: its words from every pod, and who cannot be reached is told',
    async (t) => {
      pods(cluster, 'shop', { app: 'caller' }, { 'caller-host': 'node-b' }, true);
      await until('it', 30, () => running(cluster, 'shop', 'app=caller') === 4);
      const spec = {
        command: 'ip',
        args: 'route show default',
        labelSelector: { app: 'caller' },
        timer: '10s',
      };
      cluster.kubectl(['apply', '-f', '-'], job('routes', spec));
      const done = await until('its end', 30, () => {
        const one = statusOf(cluster, 'shop', 'routes');
        return /Complete|Failed/.test(one.state) && one;
      });
      t.match(done, { state: 'Complete', matched: 4, succeeded: 3, skipped: 1 });
      const skipped = done.runs![0]!.targets.find(({ state }) => state === 'Skipped');
      t.match(skipped, { pod: 'caller-host', error: /node’s network: set targets.hostNetwork/ });
      const person = await Person.arrive(t, cluster, 'oda', ['shop']);
      const text = await person.snoopy('jobs', 'logs', 'routes', '-n', 'shop');
      for (const pod of ['caller-a', 'caller-b', 'caller-late'])
        t.match(text, `shop/${pod}: default via 10.244.`);
    },
  );
});

/** A capture with a filter and a duration. */
function capture(filter: string, duration: string): object {
  return { tool: { capture: { filter } }, limits: { duration } };
}

function job(name: string, spec: object): string {
  const metadata = { name, namespace: 'shop' };
  return JSON.stringify({ apiVersion: 'job.fennecproject.io/v1alpha1', kind: 'SnoopyJob', metadata, spec });
}

function statusOf(cluster: Cluster, namespace: string, name: string): JobStatus {
  const text = cluster.kubectl(['-n', namespace, 'get', 'snoopyjob', name, '-o', 'json']);
  return (JSON.parse(text) as { status: JobStatus }).status;
}

/** Pods that ask for a name five times a second. */
function pods(
  cluster: Cluster,
  namespace: string,
  labels: object,
  places: Readonly<Record<string, string>>,
  hostNetwork = false,
): void {
  const items = Object.entries(places).map(([name, nodeName]) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: {
      nodeName,
      hostNetwork,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'main', image, command: ['sh', '-c', CALL] }],
    },
  }));
  cluster.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
}

function running(cluster: Cluster, namespace: string, selector: string): number {
  const args = ['-n', namespace, 'get', 'pods', '-l', selector, '-o', 'jsonpath={.items[*].status.phase}'];
  return cluster
    .kubectl(args)
    .split(' ')
    .filter((phase) => phase === 'Running').length;
}

/** Jobs that are made now are taken for judged (a policy settles for 5 s). */
function judged(cluster: Cluster): boolean {
  const path = 'jsonpath={.metadata.creationTimestamp}';
  const made = cluster.kubectl(['get', 'validatingadmissionpolicybinding', 'snoopy-jobs', '-o', path]);
  return Date.now() - Date.parse(made) > 6_000;
}
