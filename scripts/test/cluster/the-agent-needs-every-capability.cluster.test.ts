import t from 'tap';
import type { Cluster } from '../../src/cluster/cluster.js';
import { openShop } from './shop.js';
import { flows, install, rollout, SPACE, until } from './snoopy-release.js';

// About 100 s: the agents are started anew for each capability.

/** Bits of capabilities(7). */
const BITS = {
  KILL: 5,
  SETGID: 6,
  SETUID: 7,
  SETPCAP: 8,
  NET_ADMIN: 12,
  NET_RAW: 13,
  SYS_ADMIN: 21,
} as const;
type Capability = keyof typeof BITS;
const ALL = Object.keys(BITS) as Capability[];

const agentOn = (cluster: Cluster, node: string): string => {
  const where = ['-l', 'app.kubernetes.io/component=agent', '--field-selector', `spec.nodeName=${node}`];
  return cluster.kubectl(['-n', SPACE, 'get', 'pod', ...where, '-o', 'jsonpath={.items[0].metadata.name}']);
};
const inAgent = (cluster: Cluster, ...command: readonly string[]): string =>
  cluster.kubectl(['-n', SPACE, 'exec', agentOn(cluster, 'node-a'), '--', ...command]);

t.test('capabilities of the agent’s pod', async (t) => {
  const cluster = await install(t, 'helm3');
  openShop(cluster);
  rollout(cluster);
  await until('flows', 60, () => flows(cluster, '-n', 'shop').length > 0);

  await t.test('are those that the chart names', async (t) => {
    const status = inAgent(cluster, 'cat', '/proc/1/status');
    const wanted = ALL.reduce((sum, name) => sum + 2 ** BITS[name], 0)
      .toString(16)
      .padStart(16, '0');
    for (const set of ['CapPrm', 'CapEff', 'CapBnd'])
      t.match(status, new RegExp(`${set}:\t${wanted}\n`), set);
    t.match(status, /Seccomp:\t2\n/, 'with a seccomp filter');
  });

  await t.test('with all of them everything works', async (t) => {
    t.equal(faultOf(cluster), '');
  });

  for (const name of ALL) {
    await t.test(`without ${name} something stops working`, async (t) => {
      const left = ALL.filter((other) => other !== name);
      cluster.kubectl(['-n', SPACE, 'patch', 'daemonset', 'snoopy-agent', '-p', securityOf(left)]);
      // Without some of them the agent does not even become ready.
      await until('the agents to be replaced', 60, () => hasCapabilities(cluster, left));
      const faults = await until('an agent that runs', 30, () => [faultOf(cluster)]);
      t.not(faults[0], '', `${name}: ${faults[0]}`);
      process.stderr.write(`without ${name}: ${faults[0]}\n`);
    });
  }
});

function securityOf(add: readonly string[]): string {
  const securityContext = { capabilities: { drop: ['ALL'], add } };
  const spec = {
    template: {
      spec: { containers: [{ name: 'agent', securityContext }], terminationGracePeriodSeconds: 1 },
    },
  };
  return JSON.stringify({ spec: { ...spec, updateStrategy: { rollingUpdate: { maxUnavailable: '100%' } } } });
}

function hasCapabilities(cluster: Cluster, wanted: readonly Capability[]): boolean {
  const bits = wanted
    .reduce((sum, name) => sum + 2 ** BITS[name], 0)
    .toString(16)
    .padStart(16, '0');
  return inAgent(cluster, 'cat', '/proc/1/status').includes(`CapEff:\t${bits}`);
}

/** What does not work in the agent on node-a; empty: everything does. */
function faultOf(cluster: Cluster): string {
  const path = 'jsonpath={.items[0].metadata.name}';
  const customer = cluster.kubectl(['-n', 'shop', 'get', 'pod', '-l', 'app=customer', '-o', path]);
  const inPod = (tool: string, text: string): string =>
    `podtracer run ${tool} --pod ${customer} -n shop -a '${text}'`;
  const shell = (text: string): string => inAgent(cluster, 'sh', '-c', text);
  const acts: Readonly<Record<string, () => void>> = {
    'entering a pod': () => shell(inPod('ip', 'addr')),
    'capturing in it': () => shell(inPod('tcpdump', '-i eth0 -c 1 -w -')),
    'looking into the kernel': () => shell(inPod('conntrack', '-L')),
    // A tcpdump that is asked to end, and not just killed with its parent, tells its counters.
    'ending a tool': () =>
      void shell(`${inPod('tcpdump', '-i eth0 -w -')} -t 1s 2>&1 >/dev/null | grep 'packets captured'`),
    'taking rights from tools for good': () => {
      const look = `grep -l '^Uid:.65534' /proc/[0-9]*/status | xargs grep -h CapBnd`;
      const bounds = shell(`${inPod('ping', '127.0.0.1')} -t 6s >/dev/null & sleep 3; ${look}; wait`);
      if (!/^(CapBnd:\t0{12}2000\n)+$/.test(bounds)) throw new Error(bounds.trim() || 'there is no tool');
    },
  };
  for (const [what, act] of Object.entries(acts)) {
    try {
      act();
    } catch (error) {
      return `${what}: ${(error as Error).message.split('\n').at(-1)}`;
    }
  }
  return '';
}
