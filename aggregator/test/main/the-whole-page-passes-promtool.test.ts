import { spawnSync } from 'node:child_process';
import t from 'tap';
import { CaptureTotals } from '../../src/capture/capture-totals.js';
import { JobTotals } from '../../src/jobs/job-totals.js';
import { LossLedger } from '../../src/loss/loss-ledger.js';
import { createRegistry } from '../../src/metrics.js';
import { anyPorts, Program } from '../fakes/program.js';

function promtool(text: string): string {
  const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  return `${stdout}${stderr}`;
}

t.test('the page of a program that has just started', async (t) => {
  const program = new Program(t, anyPorts);
  const { http } = await program.listening();
  const page = await (await fetch(`http://${http}/metrics`)).text();
  t.equal(promtool(page), '');
  t.match(page, /^snoopy_build_info\{program="snoopy-aggregator",version="\d/m);
  t.match(page, /^snoopy_agents_connected 0$/m);
  t.match(page, /^process_resident_memory_bytes \d/m);
});

t.test('losses, whatever their names', async (t) => {
  const totals = new CaptureTotals();
  totals.drop('node "1"\n\\', 'kernel', 5);
  totals.drop('', 'aggregator', 0);
  const ledger = new LossLedger();
  ledger.add('', 'subscriber', 'slow', 'LOSS_UNIT_RECORDS', 3);
  ledger.add('node "1"\n\\', 'uplink', 'full', 'LOSS_UNIT_PACKETS', 4);
  const registry = createRegistry({
    version: '1',
    ledger,
    agents: () => [],
    captures: { running: 0, totals },
    identity: () => undefined,
    jobs: new JobTotals(),
    active: () => true,
    subscribers: () => 0,
    connections: () => 0,
    seriesFolded: () => 0,
    flowsFolded: () => 7,
  });
  for (let scrape = 0; scrape < 2; scrape++) {
    const page = await registry.metrics();
    t.equal(promtool(page), '');
    t.match(page, 'snoopy_lost_total{node="",stage="subscriber",reason="slow",unit="records"} 3\n');
    t.match(page, 'unit="packets"} 4\n');
    t.match(page, 'stage="capture",reason="kernel",unit="packets"} 5\n');
    t.notMatch(page, 'reason="aggregator"');
    t.match(page, 'snoopy_aggregator_flows_folded_total 7\n');
  }
});
