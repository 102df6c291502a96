import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { Cluster } from '../../src/cluster/cluster.js';
import { openShop } from './shop.js';
import { type Flow, install, isSale, rollout, SPACE, snoopy, until } from './snoopy-release.js';

// About 90 s.

const AGGREGATORS = ['-l', 'app.kubernetes.io/component=aggregator'];

t.test(
  'of two aggregators one works; when it goes the other takes over, jobs and flows with it',
  async (t) => {
    const cluster = await install(t, 'helm3', '--set', 'aggregator.replicas=2');
    openShop(cluster);
    rollout(cluster);
    await until('both agents', 60, () => connected(cluster) === 2);
    const active = activeOf(cluster);
    const standby = podsOf(cluster).find((name) => name !== active)!;

    await t.test('whoever asks the standby hears the active one; both are ready', async (t) => {
      t.ok(standby);
      const instance = (pod: string): string => statusOf(cluster, pod).instance;
      t.equal(instance(standby), instance(active));
      t.match(cluster.kubectl(['-n', SPACE, 'logs', active]), /"msg":"active"/);
      t.notMatch(cluster.kubectl(['-n', SPACE, 'logs', standby]), /"msg":"active"/);
    });

    cluster.kubectl(['apply', '-f', '-'], JSON.stringify(job('under-way')));
    await until('a job under way', 30, () => runOf(cluster, 'under-way')?.state === 'Running');
    const before = new Follower(cluster, standby);
    await until('flows', 30, () => before.flows.some(isSale));
    cluster.kubectl(['-n', SPACE, 'delete', 'pod', active, '--wait=false']);
    await before.ended;
    const next = await until(
      'another active one',
      30,
      () => ![active, ''].includes(activeOf(cluster)) && activeOf(cluster),
    );
    const tookMs = performance.now();
    await until('both agents', 60, () => connected(cluster) === 2);
    process.stderr.write(`agents follow in ${((performance.now() - tookMs) / 1_000).toFixed(1)} s\n`);
    const late = new Date();
    const some = await until('later sales', 60, () => {
      const all = read(cluster, next, '--last', '60000');
      return (
        all.some((flow) => isSale(flow) && new Date(flow.time).getTime() > late.getTime() + 6_000) && all
      );
    });
    await sleep(3_000); // records of that time that waited for their other end
    const after = read(cluster, next, '--last', '60000');

    await t.test('no record is lost, none is told twice', (t) => {
      for (const agent of ['node-a', 'node-b']) {
        const first = sequencesOf(before.flows, agent);
        const last = Math.max(...sequencesOf(some, agent));
        const second = sequencesOf(after, agent).filter((sequence) => sequence <= last);
        const twice = second.filter((sequence) => first.includes(sequence));
        const all = [...first, ...second].sort((a, b) => a - b);
        const missing = all.flatMap((sequence, i) =>
          i > 0 && sequence > all[i - 1]! + 1
            ? [`between ${all[i - 1]} and ${sequence} (${first.at(-1)} was the last before)`]
            : [],
        );
        t.ok(
          first.length > 0 && second.length > 0,
          `${agent}: ${first.length} before, ${second.length} after`,
        );
        t.same(twice, [], `${agent}: none twice`);
        t.same(missing, [], `${agent}: none missing`);
      }
      for (const { name, report } of statusOf(cluster, next).agents) {
        const { rowsSeen, rowsDelivered, rowsQueued, rowsLost } = report;
        t.equal(rowsSeen, rowsDelivered + rowsQueued + rowsLost, `${name}: seen = delivered + queued + lost`);
        t.equal(rowsLost, 0, `${name}: nothing lost`);
      }
      t.end();
    });

    await t.test(
      'the job that was under way is Interrupted and not begun again; no tool is left',
      async (t) => {
        const run = await until('its end', 30, () => {
          const one = runOf(cluster, 'under-way');
          return one?.state !== 'Running' && one;
        });
        t.match(run, { state: 'Failed', reason: 'Interrupted' });
        t.equal(runsOf(cluster, 'under-way').length, 1);
        await until('no tcpdump', 20, () => agentsOf(cluster).every((agent) => !tcpdumpIn(cluster, agent)));
        cluster.kubectl(['apply', '-f', '-'], JSON.stringify(job('later', '2s')));
        await until('a later job', 30, () => runOf(cluster, 'later')?.state === 'Complete');
      },
    );

    await t.test('killed without a word: the other takes over when the Lease is over', async (t) => {
      const other = await until('a standby again', 60, () =>
        podsOf(cluster).find((name) => name !== next && readyOf(cluster, name)),
      );
      kill(cluster, next);
      await until('it', 60, () => activeOf(cluster) === other);
      await until('both agents', 60, () => connected(cluster) === 2);
      t.pass();
    });
  },
);

/** `snoopy observe -f` through a pod, for as long as its stream lasts. */
class Follower {
  readonly ended: Promise<unknown>;
  readonly #child: ChildProcess;
  #text = '';

  constructor(cluster: Cluster, pod: string) {
    const command = ['snoopy', 'observe', '--follow', '--no-reconnect', '--last', '60000', '-o', 'json'];
    const args = ['-n', SPACE, 'exec', pod, '--', ...command];
    this.#child = spawn('kubectl', args, { env: cluster.environment, stdio: ['ignore', 'pipe', 'ignore'] });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.#text += text;
    });
    this.ended = once(this.#child, 'close');
  }

  get flows(): Flow[] {
    return flowsIn(this.#text.slice(0, this.#text.lastIndexOf('\n') + 1));
  }
}

function read(cluster: Cluster, pod: string, ...args: readonly string[]): Flow[] {
  const command = ['snoopy', 'observe', '-o', 'json', ...args];
  return flowsIn(cluster.kubectl(['-n', SPACE, 'exec', pod, '--', ...command]));
}

function flowsIn(text: string): Flow[] {
  const lines = text.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Flow).filter(({ views }) => views !== undefined);
}

function sequencesOf(flows: readonly Flow[], agent: string): number[] {
  return flows.flatMap(({ views }) => views.flatMap((view) => (view.agent === agent ? [view.sequence] : [])));
}

interface Status {
  readonly instance: string;
  readonly agents: readonly {
    readonly name: string;
    readonly report: Record<'rowsSeen' | 'rowsDelivered' | 'rowsQueued' | 'rowsLost', number>;
  }[];
}

function statusOf(cluster: Cluster, pod: string): Status {
  const text = cluster.kubectl(['-n', SPACE, 'exec', pod, '--', 'snoopy', 'status', '-o', 'json']);
  return JSON.parse(text) as Status;
}

const connected = (cluster: Cluster): number =>
  (snoopy(cluster, 'status').match(/ connected /g) ?? []).length;

const namesOf = (cluster: Cluster, selector: readonly string[], field: string): string[] => {
  const path = `jsonpath={range .items[*]}{${field}} {end}`;
  return cluster
    .kubectl(['-n', SPACE, 'get', 'pods', ...selector, '-o', path])
    .trim()
    .split(' ');
};
const podsOf = (cluster: Cluster): string[] => namesOf(cluster, AGGREGATORS, '.metadata.name');
const agentsOf = (cluster: Cluster): string[] =>
  namesOf(cluster, ['-l', 'app.kubernetes.io/component=agent'], '.metadata.name');

/** The pod that holds the Lease: its identity begins with the pod's name. */
function activeOf(cluster: Cluster): string {
  const path = 'jsonpath={.spec.holderIdentity}';
  return cluster.kubectl(['-n', SPACE, 'get', 'lease', 'snoopy-aggregator', '-o', path]).split('_')[0]!;
}

function readyOf(cluster: Cluster, pod: string): boolean {
  const path = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}';
  return cluster.kubectl(['-n', SPACE, 'get', 'pod', pod, '-o', path]) === 'True';
}

/** Ends the program of a pod with SIGKILL; no other aggregator is on its node. */
function kill(cluster: Cluster, pod: string): void {
  const path = 'jsonpath={.spec.nodeName}';
  const node = cluster.kubectl(['-n', SPACE, 'get', 'pod', pod, '-o', path]);
  const find =
    'for p in /proc/[0-9]*; do tr "\\0" " " <$p/cmdline | grep -q -e "[-]-agents-listen" && basename $p; done';
  cluster.inNode(node, ['sh', '-c', `kill -9 $(${find})`]);
}

function tcpdumpIn(cluster: Cluster, agent: string): boolean {
  const look = 'cat /proc/[0-9]*/comm 2>/dev/null | grep -c tcpdump || true';
  return cluster.kubectl(['-n', SPACE, 'exec', agent, '--', 'sh', '-c', look]).trim() !== '0';
}

function job(name: string, duration = '10m'): object {
  const spec = { labelSelector: { app: 'web' }, tool: { capture: {} }, limits: { duration } };
  const metadata = { name, namespace: 'shop' };
  return { apiVersion: 'job.fennecproject.io/v1alpha1', kind: 'SnoopyJob', metadata, spec };
}

interface Run {
  readonly state: string;
  readonly reason: string;
}

function runsOf(cluster: Cluster, name: string): Run[] {
  const text = cluster.kubectl(['-n', 'shop', 'get', 'snoopyjob', name, '-o', 'json']);
  return (JSON.parse(text) as { status?: { runs?: Run[] } }).status?.runs ?? [];
}

const runOf = (cluster: Cluster, name: string): Run | undefined => runsOf(cluster, name)[0];
