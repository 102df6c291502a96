import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { parse, parseAllDocuments } from 'yaml';
import { RULES } from '../alerts/alert-rules.js';
import { chartFiles, ROOT } from './chart-boards.js';

// The two templates alone, in a chart of their own: the whole chart is tested in a cluster.

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly namespace: string; readonly labels: Record<string, string> };
  readonly data: Record<string, string>;
  readonly spec?: unknown;
}

const check = spawnSync(`${ROOT}scripts/build-kubernetes.sh`, ['--check'], { encoding: 'utf8' });
const folder = check.stdout.trim();
const skip = folder === '' && 'Helm is not built here: scripts/build-kubernetes.sh builds it';

function chart(t: { testdir(): string }): string {
  const directory = t.testdir();
  for (const part of ['alerts', 'dashboards', 'templates/dashboards.yaml', 'templates/prometheusrule.yaml'])
    cpSync(`${ROOT}charts/snoopy/${part}`, `${directory}/${part}`, { recursive: true });
  writeFileSync(
    `${directory}/Chart.yaml`,
    JSON.stringify({ apiVersion: 'v2', name: 'snoopy', version: '1.0.0' }),
  );
  const values = {
    dashboards: { enabled: true, labels: { grafana_dashboard: '1' } },
    prometheusRule: { enabled: true, labels: { release: 'prometheus' } },
  };
  writeFileSync(`${directory}/values.yaml`, JSON.stringify(values)); // JSON is YAML
  return directory;
}

function template(helm: string, directory: string, ...more: string[]): Manifest[] {
  const args = ['template', 'snoopy', directory, '--namespace', 'watch', ...more];
  const text = execFileSync(`${folder}/${helm}`, args, { encoding: 'utf8' });
  return parseAllDocuments(text).map((document) => document.toJSON() as Manifest);
}

for (const helm of ['helm3', 'helm4'])
  t.test(`${helm}: dashboards and alerts arrive as they are`, { skip }, async (t) => {
    const directory = chart(t);
    const manifests = template(helm, directory);
    const maps = manifests.filter(({ kind }) => kind === 'ConfigMap');
    const arrived = maps.flatMap(({ data }) => Object.entries(data));
    t.same(arrived.map(([name]) => name).sort(), [...chartFiles().keys()].sort());
    for (const [name, text] of arrived) t.same(JSON.parse(text), JSON.parse(chartFiles().get(name)!), name);
    for (const { metadata } of maps)
      t.match(metadata, { namespace: 'watch', labels: { grafana_dashboard: '1' } });
    const [rules, ...others] = manifests.filter(({ kind }) => kind === 'PrometheusRule');
    t.same(others, []);
    t.same(rules?.spec, parse(readFileSync(RULES, 'utf8')));
    t.match(rules, { metadata: { namespace: 'watch', labels: { release: 'prometheus' } } });
    const off = ['--set', 'dashboards.enabled=false,prometheusRule.enabled=false'];
    t.same(
      template(helm, directory, ...off).filter((manifest) => manifest !== null),
      [],
    );
  });
