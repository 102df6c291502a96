import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { ROOT, RunningDemo } from './running-demo.js';
import {
  between,
  connectionOf,
  parseFlows,
  type ShopCounters,
  type ShopFlow,
  toldTwice,
} from './shop-flow.js';

// About 20 s: the demo as the README says, 15 s of it. What needs a running demo is done meanwhile.

const run = promisify(execFile);

const demo = new RunningDemo('--duration', '15s', '-o', 'json');
const { server, trust, metrics } = await demo.addresses();
const env = { ...process.env, SNOOPY_SERVER: server, SNOOPY_TLS_DIR: trust };
const snoopy = (...args: string[]) =>
  run(process.execPath, [`${ROOT}aggregator/build/src/cli/main.js`, ...args], { env });
/** On a busy machine the kernel may drop packets of the capture: it says so with this code, and that is no fault. */
const incomplete = 3;
const capture = join(t.testdir(), 'shop.pcapng');
const [report, page, status] = await Promise.all([
  snoopy('capture', '-n', 'shop', '-l', 'app in (api,web)', '-t', '4s', '-w', capture).catch((error) => {
    if ((error as { code?: unknown }).code !== incomplete) throw error;
    return error as { stdout: string; stderr: string };
  }),
  new Promise((resolve) => setTimeout(resolve, 8_000)).then(async () => (await fetch(metrics)).text()),
  snoopy('status', '-o', 'json'),
]);
const processes = demo.processes();
const { code } = await demo.end();
const { flows, others } = parseFlows(demo.stdout);

const seen = (which: string): ShopFlow[] => flows.filter((flow) => between(flow) === which);
const outcomes = (which: string): string[] => [
  ...new Set(
    seen(which)
      .filter(({ outcomeFinal }) => outcomeFinal)
      .map(({ outcome }) => outcome),
  ),
];

t.test('it ends by itself, well, and leaves nothing behind', async (t) => {
  t.equal(code, 0, demo.stderr);
  t.ok(processes.length > 10, `${processes.length} processes`);
  t.same(demo.leftovers(processes), []);
});

t.test(
  'standard output holds flows, and what was lost of them: at most what was under way at the end',
  async (t) => {
    t.ok(flows.length > 50, `${flows.length} flows`);
    const lost = others as { lost: { reason: string; count: number } }[];
    t.same(
      lost.filter((line) => line.lost?.reason !== 'stopped' || line.lost.count > 50),
      [],
    );
  },
);

t.test('connections have both ends named and two views', async (t) => {
  for (const which of ['customer → web:80', 'web → api-1:8080', 'web → api-2:8080', 'api-1 → db:5432']) {
    const records = seen(which);
    const both = records.filter(({ views }) => views.length >= 2);
    t.ok(records.length > 2, `${which}: ${records.length} records`);
    // The ends are read at different moments: on a busy machine one may have heard of a part when its record leaves.
    t.ok(both.length >= records.length * 0.9, `${which}: ${both.length} of ${records.length} have two views`);
    const vantages = new Set(
      both.map(({ views }) => [...new Set(views.map(({ vantage }) => vantage))].sort().join()),
    );
    t.same([...vantages], ['VANTAGE_DESTINATION,VANTAGE_SOURCE']);
  }
  const agents = new Set(seen('web → api-1:8080').flatMap(({ views }) => views.map(({ agent }) => agent)));
  t.same([...agents].sort(), ['node-a', 'node-b']);
});

t.test('a window of a connection is one record, never one for each end', async (t) => {
  t.strictSame(toldTwice(flows), []);
});

t.test('no record of an agent is in two flows', async (t) => {
  const views = flows.flatMap(({ views }) => views).map((v) => `${v.agent} ${v.epoch} ${v.sequence}`);
  t.equal(new Set(views).size, views.length);
});

t.test('attempts end as they must, each told once', async (t) => {
  t.same(outcomes('customer → web:80'), ['OUTCOME_ESTABLISHED']);
  t.same(outcomes('worker → db:6379'), ['OUTCOME_REFUSED']);
  t.same(outcomes('worker → 10.77.0.9:443'), ['OUTCOME_TIMEOUT']);
  const outside = seen('worker → 10.77.0.9:443').map(({ destination }) => destination.name);
  t.ok(outside.includes('payments.example.com'), 'an outside address has the name that was asked for');
  t.same(outcomes('worker → 10.77.0.9:8443'), ['OUTCOME_UNREACHABLE']);
  const told = flows.filter((flow) => flow.outcomeFinal && flow.protocol === 'TCP').map(connectionOf);
  t.equal(new Set(told).size, told.length);
});

t.test('DNS names, one that does not exist among them', async (t) => {
  const asked = flows.flatMap(({ dns }) => dns).map(({ name, rcode }) => `${name} ${rcode}`);
  t.ok(asked.includes('web.shop.local NOERROR'));
  t.ok(asked.includes('payments.example.com NOERROR'));
  t.ok(asked.includes('chekout.shop.local NXDOMAIN'));
});

t.test('what the router loses is seen as retransmissions', async (t) => {
  const sum = (name: keyof ShopCounters): number =>
    seen('mobile → web:80').reduce((all, { request, reply }) => all + request[name] + reply[name], 0);
  t.ok(sum('segments') > 30, `${sum('segments')} segments`);
  t.ok(sum('retransmittedSegments') > 0, `${sum('retransmittedSegments')} retransmitted`);
});

t.test('Snoopy is not in its own data', async (t) => {
  t.same(
    flows.filter((flow) => flow.source.ip.startsWith('127.')),
    [],
  );
});

t.test('promtool accepts the metrics, and they have the families', async (t) => {
  await t.resolves(
    new Promise<void>((resolve, reject) => {
      const child = execFile('promtool', ['check', 'metrics'], (error, stdout, stderr) =>
        error ? reject(new Error(`${stdout}${stderr}`)) : resolve(),
      );
      child.stdin!.end(page);
    }),
  );
  for (const outcome of ['established', 'refused', 'timeout', 'unreachable'])
    t.match(page, new RegExp(`snoopy_connections_total\\{[^}]*outcome="${outcome}"[^}]*\\} +[1-9]`), outcome);
  t.match(page, /snoopy_dns_responses_total\{[^}]*rcode="NXDOMAIN"/);
  t.match(page, /^snoopy_agents_connected +2$/m);
});

t.test('status lists both agents and their pods', async (t) => {
  const { agents } = JSON.parse(status.stdout) as { agents: { name: string; connected: boolean }[] };
  t.same(agents.map(({ name }) => name).sort(), ['node-a', 'node-b']);
});

t.test('the capture is read by capinfos and tshark, with an interface for each pod', async (t) => {
  const infos = (await run('capinfos', [capture])).stdout;
  t.match(infos, /Number of interfaces in file: 3/, report.stderr);
  const fields = ['-T', 'fields', '-e', 'frame.interface_name', '-Y', 'tcp.port == 8080'];
  const names = new Set((await run('tshark', ['-r', capture, ...fields])).stdout.trim().split('\n'));
  t.same([...names].map((name) => name.split('@')[0]).sort(), [
    'shop/api-1/eth0',
    'shop/api-2/eth0',
    'shop/web/eth0',
  ]);
});
