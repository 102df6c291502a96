import { Registry } from 'prom-client';
import t from 'tap';
import { addCaptureMetrics } from '../../../src/capture/capture-metrics.js';
import { CaptureAccount, CaptureTotals } from '../../../src/capture/capture-totals.js';
import { CaptureRun } from '../../fakes/capture-run.js';
import { pod } from '../../fakes/fake-agents.js';
import { records } from '../records.js';

async function capture(totals: CaptureTotals, kernelDropped: number): Promise<CaptureRun> {
  const run = new CaptureRun();
  run.agents.podList = [pod('shop/web-1@node-a')];
  run.start({});
  const account = new CaptureAccount(totals);
  const { us } = run.clock;
  const [task] = run.agents.tasks;
  await task!.send('uid-web-1', records([{ us, mark: 1 }]), 1, { kernelDropped });
  run.go(2_000);
  run.session.account(account);
  run.session.account(account);
  await task!.send('uid-web-1', records([{ us: us + 5, mark: 2 }]), 1, { kernelDropped });
  run.finish();
  run.session.account(account);
  return run;
}

t.test('two captures: packets, bytes and drops are counted once, whenever one looks', async (t) => {
  const totals = new CaptureTotals();
  const first = await capture(totals, 0);
  t.equal(first.session.end, 'complete');
  t.equal(totals.packets, 2);
  const { bytes } = totals;
  t.equal(bytes, first.finished?.targets?.[0]?.bytes);
  t.same([...totals.dropped], [], 'no drop, no series');
  const second = await capture(totals, 10);
  t.equal(second.session.end, 'incomplete');
  t.equal(totals.packets, 4);
  t.equal(totals.bytes, 2 * bytes);
  t.same([...totals.dropped], [['node-a', { kernel: 10, agent: 0, aggregator: 0 }]]);
});

t.test('a reader that goes away, and agents that refuse', async (t) => {
  const left = new CaptureRun();
  left.agents.podList = [pod('shop/web-1@node-a')];
  left.start({}).cancel();
  t.equal(left.session.end, 'cancelled');
  const refused = new CaptureRun();
  refused.agents.podList = [pod('shop/web-1@node-a')];
  refused.start({});
  refused.agents.tasks[0]!.report('TASK_STATE_FAILED', [
    { podUid: 'uid-web-1', interface: 'eth0', state: 'TASK_STATE_FAILED', error: 'no tcpdump' },
  ]);
  refused.go(500);
  t.equal(refused.session.end, 'failed');
});

t.test('the page', async (t) => {
  const totals = new CaptureTotals();
  totals.packets = 7;
  totals.ends.incomplete = 2;
  const registry = new Registry();
  addCaptureMetrics(registry, { running: 3, totals });
  const page = await registry.metrics();
  for (const line of [
    'snoopy_captures_running 3',
    'snoopy_captures_total{result="complete"} 0',
    'snoopy_captures_total{result="incomplete"} 2',
    'snoopy_capture_packets_total 7',
    'snoopy_capture_bytes_total 0',
  ])
    t.ok(page.split('\n').includes(line), line);
});
