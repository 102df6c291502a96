import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { alertRules, RULES, recordingRules } from '../alerts/alert-rules.js';
import { type BoardQuery, boardQueries, filledIn } from '../dashboards/chart-boards.js';
import { documentedAbsences, documentedEmpties } from './documented-empties.js';
import { ROOT, RunningDemo } from './running-demo.js';
import { RunningPrometheus } from './running-prometheus.js';

// About 30 s; up to 100 s on a machine where something shows late.

/** As long as the slowest number takes: what was lost on the path is told 10 to 15 s after a connection's end. */
const PATIENCE_MS = 90_000;
/** A dashboard of one workload shows what that one does; these do it all between them. */
const WORKLOADS = ['web', 'customer', 'worker'];

async function capture(server: string, trust: string, file: string): Promise<void> {
  const args = [
    'capture',
    '--server',
    server,
    '--tls-dir',
    trust,
    '-n',
    'shop',
    '-l',
    'app=api',
    '-c',
    '20',
    '-o',
    file,
  ];
  const child = spawn(process.execPath, [`${ROOT}aggregator/build/src/cli/main.js`, ...args], {
    stdio: 'ignore',
  });
  await once(child, 'close');
}

function emptyFor(query: BoardQuery): string | undefined {
  return documentedEmpties.find(([pattern]) => pattern.test(query.where))?.[1];
}

/** Whether it shows something, with every label that its legend names (the world's namespace is empty: no label). */
async function hasData(prometheus: RunningPrometheus, { expression, labels }: BoardQuery): Promise<boolean> {
  const workloads = expression.includes('$workload') ? WORKLOADS : [''];
  for (const workload of workloads) {
    const query = filledIn(expression, { namespace: 'shop', workload, interval: '30s' });
    const shown = (await prometheus.ask(query)).filter(({ value }) => value[1] !== 'NaN');
    if (shown.length > 0 && labels.every((label) => shown.some(({ metric }) => label in metric))) return true;
  }
  return false;
}

/** Of these, those that still show nothing when patience is over. */
async function withoutData(
  prometheus: RunningPrometheus,
  queries: readonly BoardQuery[],
): Promise<readonly BoardQuery[]> {
  const giveUp = Date.now() + PATIENCE_MS;
  let missing = queries;
  while (missing.length > 0 && Date.now() < giveUp) {
    await sleep(1_000);
    const still: BoardQuery[] = [];
    for (const query of missing) if (!(await hasData(prometheus, query))) still.push(query);
    missing = still;
  }
  return missing;
}

/** Names of metrics, recorded ones too. */
function metricsIn(expression: string): string[] {
  return expression.match(/\bsnoopy[_:][\w:]+/g) ?? [];
}

t.test('every query shows something in the demo, and Prometheus evaluates every alert', async (t) => {
  const demo = new RunningDemo('-o', 'json');
  t.teardown(() => demo.signal('SIGTERM'));
  const { metrics: page, server, trust } = await demo.addresses();
  const [, agents] = await demo.said(/agents' own: (.*)\)/);
  const targets = [page, ...agents!.split(' ')].map((url) => new URL(url).host);
  const prometheus = await RunningPrometheus.start(t, targets, [RULES]);
  t.equal((await prometheus.until('up == 1', 3)).length, 3, 'three targets are up');
  await capture(server, trust, `${t.testdir()}/api.pcapng`);

  const queries = boardQueries();
  const expected = queries.filter((query) => emptyFor(query) === undefined);
  const missing = await withoutData(prometheus, expected);
  t.same(
    missing.map(({ where }) => where),
    [],
    'queries without data and without a reason',
  );
  for (const [pattern] of documentedEmpties)
    t.ok(
      queries.some(({ where }) => pattern.test(where)),
      `${pattern} is still in a dashboard`,
    );
  for (const query of queries.filter((query) => emptyFor(query) !== undefined)) {
    await t.resolves(
      prometheus.ask(filledIn(query.expression, { namespace: 'shop', workload: 'web', interval: '30s' })),
      query.where,
    );
    t.comment(`empty: ${query.where}: ${emptyFor(query)}`);
  }

  const loaded = await prometheus.rules();
  const names = [...alertRules().map(({ alert }) => alert), ...recordingRules().map(({ record }) => record)];
  t.same(loaded.map(({ name }) => name).sort(), names.sort());
  for (const { name, health, lastError = '' } of loaded)
    t.same({ health, lastError }, { health: 'ok', lastError: '' }, name);
  const metrics = [...alertRules(), ...recordingRules()].flatMap(({ expr }) => metricsIn(expr));
  for (const metric of new Set(metrics)) {
    const found = (await prometheus.ask(`count(${metric})`)).length > 0;
    t.ok(found || metric in documentedAbsences, `${metric} has series, or a reason not to`);
  }
  demo.signal('SIGINT');
  t.match(await demo.end(), { code: 0 });
});
