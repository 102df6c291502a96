import { spawn } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { image } from '../../src/rig/busybox-image.js';
import { type Flow, ROOT, testCluster } from './snoopy-release.js';

// About 40 s.

const cluster = testCluster();
const context = cluster.kubectl(['config', 'current-context']).trim();

/** `npm run demo -- --kubernetes --context NAME`, as somebody runs it who has a cluster, kubectl and helm. */
async function demo(t: Test): Promise<{ code: number; stdout: string; stderr: string }> {
  const folder = t.testdir();
  symlinkSync(join(cluster.plan.programs, 'helm3'), join(folder, 'helm'));
  const env = { ...cluster.environment, PATH: `${folder}:${cluster.environment.PATH}` };
  const options = ['--context', context, '--registry', 'localhost', '--duration', '10s', '-o', 'json'];
  // The test runner's options for node are not for the demo's programs.
  const command = ['-u', 'NODE_OPTIONS', `${ROOT}scripts/demo.sh`, '--kubernetes', ...options];
  const child = spawn('env', command, { env });
  const result = { code: -1, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    result.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    result.stderr += text;
  });
  result.code = await new Promise((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  return result;
}

const namespaces = (): string[] =>
  cluster.kubectl(['get', 'namespaces', '-o', 'jsonpath={.items[*].metadata.name}']).split(' ');

t.test('demo --context shows flows by name, and takes away what it made', async (t) => {
  for (const node of cluster.plan.nodes)
    cluster.inNode(node, ['ctr', '-n', 'k8s.io', 'images', 'tag', '--force', image, 'localhost/busybox:1']);
  const { code, stdout, stderr } = await demo(t);
  t.equal(code, 0, stderr.slice(-500));
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  const flows = lines.map((line) => JSON.parse(line) as Partial<Flow>);
  t.ok(
    flows.some(
      ({ source, destination }) => source?.namespace === 'shop' && destination?.workloadKind === 'Deployment',
    ),
    `${flows.length} flows`,
  );
  t.match(stderr, `kubectl --context ${context} get pods -A`);
  t.same(
    namespaces().filter((name) => /^(shop|snoopy)$/.test(name)),
    [],
  );
});

t.test('what was there before is not touched', async (t) => {
  cluster.kubectl(['create', 'namespace', 'shop']);
  t.teardown(() => cluster.kubectl(['delete', 'namespace', 'shop', '--wait', '--timeout=60s']));
  const { code, stderr } = await demo(t);
  t.equal(code, 1);
  t.match(stderr, /the namespace shop is there already/);
  t.ok(namespaces().includes('shop'));
  t.notOk(namespaces().includes('snoopy'));
});
