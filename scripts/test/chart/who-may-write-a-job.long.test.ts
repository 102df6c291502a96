/* About 20 s: the chart's admission policy in a real etcd and API server. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { FOLDER } from '../../src/chart/rendered.js';
import { builtKubernetes, ControlPlane } from '../../src/rig/control-plane.js';

const programs = builtKubernetes();
const skip = programs === undefined && 'Kubernetes is not built here: scripts/build-kubernetes.sh builds it';

/** Who may what, where; an empty namespace is all of them. Everybody may write SnoopyJobs in `team`. */
const RIGHTS: Readonly<Record<string, readonly (readonly [namespace: string, rights: readonly string[]])[]>> =
  {
    nobody: [],
    home: [['team', ['packetcaptures', 'tools/ip']]],
    shop: [['shop', ['packetcaptures', 'tools/ip']]],
    packets: [['', ['packetcaptures']]],
    tools: [['', ['tools/ip']]],
    everywhere: [['', ['packetcaptures', 'tools/ip']]],
    nodes: [['', ['packetcaptures', 'tools/ip', 'nodecaptures']]],
  };

const capture = { tool: { capture: {} } };
const labels = { labelSelector: { app: 'web' } };
/** What is written in `team`, and who may. */
const JOBS: readonly (readonly [what: string, spec: object, allowed: readonly string[]])[] = [
  ['a capture at home', { ...capture, ...labels }, ['home', 'packets', 'everywhere', 'nodes']],
  [
    'the same, said',
    { ...capture, ...labels, targetNamespace: 'team' },
    ['home', 'packets', 'everywhere', 'nodes'],
  ],
  [
    'a capture elsewhere',
    { ...capture, ...labels, targetNamespace: 'shop' },
    ['shop', 'packets', 'everywhere', 'nodes'],
  ],
  [
    'a tool elsewhere',
    { command: 'ip', ...labels, targetNamespace: 'shop' },
    ['shop', 'everywhere', 'nodes'],
  ],
  [
    'the same, typed',
    { tool: { run: { name: 'ip' } }, ...labels, targetNamespace: 'shop' },
    ['shop', 'everywhere', 'nodes'],
  ],
  ['a tool that nobody has', { command: 'tcpdump', args: '-w -', ...labels }, []],
  [
    'everywhere, by selector',
    { ...capture, targets: { namespaceSelector: {} } },
    ['packets', 'everywhere', 'nodes'],
  ],
  [
    'a selector beside a namespace',
    { ...capture, targetNamespace: 'shop', targets: { namespaceSelector: { matchLabels: { a: 'b' } } } },
    ['packets', 'everywhere', 'nodes'],
  ],
  ['a name that holds a right', { command: 'ip/..', ...labels }, []],
  ['the nodes’ network', { ...capture, targets: { podSelector: {}, hostNetwork: true } }, ['nodes']],
  ['nothing', {}, ['home', 'packets', 'everywhere', 'nodes']],
];

t.setTimeout(240_000);
t.test('the writer of a SnoopyJob must hold its rights himself', { skip, timeout: 240_000 }, async (t) => {
  const plane = await ControlPlane.start(programs!);
  t.teardown(() => plane.stop());
  const kubectl = (args: readonly string[], input: string) =>
    spawnSync(`${programs}/kubectl`, ['--kubeconfig', plane.kubeconfig, ...args], {
      input,
      encoding: 'utf8',
    });
  const apply = (objects: object[]): void => {
    const { status, stderr } = kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
    );
    if (status !== 0) throw new Error(stderr);
  };
  const write = (user: string, spec: object, name = 'job') => {
    const job = {
      apiVersion: 'job.fennecproject.io/v1alpha1',
      kind: 'SnoopyJob',
      metadata: { name, namespace: 'team' },
      spec,
    };
    return kubectl(['--as', user, 'apply', '-f', '-'], JSON.stringify(job));
  };
  const render = spawnSync(
    `${programs}/helm3`,
    ['template', 'snoopy', FOLDER, '-s', 'templates/jobpolicy.yaml'],
    { encoding: 'utf8' },
  );
  for (const text of [
    readFileSync(`${FOLDER}definitions/snoopyjobs.job.fennecproject.io.yaml`, 'utf8'),
    render.stdout,
  ])
    t.match(kubectl(['apply', '-f', '-'], text), { stderr: '', status: 0 });
  apply([...['team', 'shop'].map(namespace), ...Object.keys(RIGHTS).flatMap(objectsOf)]);
  const isRefused = () => /Forbidden|forbidden/.test(write('nobody', { ...capture, ...labels }).stderr);
  for (let left = 60; left > 0 && !isRefused(); left--) await sleep(500);

  for (const [what, spec, allowed] of JOBS) {
    await t.test(what, async (t) => {
      for (const user of Object.keys(RIGHTS)) {
        kubectl(['-n', 'team', 'delete', 'snoopyjobs', '--all'], '');
        const { status, stderr } = write(user, spec);
        t.equal(status === 0, allowed.includes(user), `${user}: ${stderr.trim().slice(-200) || 'allowed'}`);
        if (status !== 0) t.match(stderr, /takes the right to create/);
      }
    });
  }

  await t.test('an update is judged too, unless it changes nothing of what is done', async (t) => {
    t.match(write('home', { ...capture, ...labels }), { status: 0 });
    t.match(write('home', { ...capture, ...labels, targetNamespace: 'shop' }), {
      status: 1,
      stderr: /namespace shop/,
    });
    t.match(write('nobody', { ...capture, ...labels, suspend: true }), {
      status: 1,
      stderr: /takes the right/,
    });
    const label = ['--as', 'nobody', '-n', 'team', 'label', 'snoopyjob', 'job', 'a=b'];
    t.match(kubectl(label, ''), { status: 0 }, 'a label');
  });
});

const namespace = (name: string): object => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

/** What gives a user the rights of the table. */
function objectsOf(user: string): object[] {
  const jobs = { apiGroups: ['job.fennecproject.io'], resources: ['snoopyjobs'], verbs: ['*'] };
  const given = RIGHTS[user]!.map(
    ([where, resources]) => [where, { apiGroups: ['snoopy.dev'], resources, verbs: ['create'] }] as const,
  );
  return [['team', jobs] as const, ...given].flatMap(([where, rule], index) => {
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    const metadata = { name: `${user}-${index}`, ...(where === '' ? {} : { namespace: where }) };
    const kind = where === '' ? 'ClusterRole' : 'Role';
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind, name: metadata.name };
    const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }];
    return [
      { apiVersion, kind, metadata, rules: [rule] },
      { apiVersion, kind: `${kind}Binding`, metadata, roleRef, subjects },
    ];
  });
}
