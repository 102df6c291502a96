/*
 * The aggregator is killed for ten seconds under 5,000 flows a second from two real agents. Takes about 90 s. Needs root.
 */
import t, { type Test } from 'tap';
import { type Heard, rowsHeard, TwoNodes } from './two-nodes.js';

t.setTimeout(600_000);
const FLOWS_PER_SECOND = 5_000;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Traffic for a while, a kill, ten seconds without aggregator, another one, more traffic, silence. Again, twice at the
 * most, where the machine was too busy for the test to hear all: it is told so, but nobody can say of whom.
 */
async function killed(t: Test, perSecond: number, flags: string[]): Promise<{ rig: TwoNodes; made: number }> {
  for (let again = 2; ; again--) {
    const tried = await killOnce(t, perSecond, flags);
    const { missed } = tried.rig;
    if (missed === 0 || again === 0) return tried;
    t.comment(`the test itself was too slow for ${missed} flows: once more`);
    await tried.rig.stop();
  }
}

async function killOnce(
  t: Test,
  perSecond: number,
  flags: string[],
): Promise<{ rig: TwoNodes; made: number }> {
  const rig = new TwoNodes(t);
  await rig.startAggregator();
  await rig.startAgents(flags);
  const making = rig.makeFlows(perSecond, 22);
  await sleep(5_000);
  await rig.killAggregator();
  await sleep(10_000);
  await rig.startAggregator();
  const made = await making;
  await rig.settled();
  await sleep(3_000); // what was acknowledged may still be on its way to the subscriber's output
  return { rig, made };
}

/** Every row of a flow whose two ends came to different aggregators must be marked. */
function splitViews(heard: Heard[]): { split: number; unmarked: number } {
  const runs = new Map<string, Map<string, Set<number>>>();
  const marked = new Set<string>();
  for (const { flow, run } of heard) {
    const key = `${flow.source?.port}>${flow.destination?.port}`;
    if (flow.partial) marked.add(key);
    const agents = runs.get(key) ?? new Map<string, Set<number>>();
    runs.set(key, agents);
    for (const { agent } of flow.views) agents.set(agent, (agents.get(agent) ?? new Set()).add(run));
  }
  const split = [...runs].filter(([, agents]) => {
    const [one, other] = [...agents.values()];
    return one && other && ![...one].some((run) => other.has(run));
  });
  return { split: split.length, unmarked: split.filter(([key]) => !marked.has(key)).length };
}

t.test('no record is lost or repeated, by agent, epoch and sequence', async (t) => {
  const { rig, made } = await killed(t, FLOWS_PER_SECOND, []);
  const heard = rig.heard();
  t.equal(new Set(heard.map(({ run }) => run)).size, 2, 'both aggregators told flows');
  for (const index of [0, 1]) {
    const { seen, lost } = await rig.agentRows(index);
    const { sequences, repeated } = rowsHeard(heard, `node-${index}`);
    t.ok(seen >= made, `node-${index} made ${seen} rows of ${made} flows`);
    t.equal(lost, 0);
    t.equal(sequences.size, seen, 'each came');
    t.equal(
      [...sequences].reduce((most, sequence) => Math.max(most, sequence)),
      seen - 1,
    );
    t.comment(`node-${index}: ${repeated} rows came again, under the same number`);
  }
  const { split, unmarked } = splitViews(heard);
  t.equal(unmarked, 0, `${split} connections were split by the kill, each is marked partial`);
  const { lost } = await rig.status();
  t.strictSame(
    lost.filter(({ unit }) => unit === 'LOSS_UNIT_RECORDS'),
    [],
  );
});

t.test('a connection whose two views came to different aggregators is marked', async (t) => {
  const rig = new TwoNodes(t);
  await rig.startAggregator();
  await rig.startAgents([]);
  const making = rig.makeFlows(500, 10);
  await sleep(3_000);
  // The client's node is heard out, the server's node is behind, and the aggregator dies in between.
  rig.signalAgent(1, 'SIGSTOP');
  await sleep(3_000);
  await rig.killAggregator();
  rig.signalAgent(1, 'SIGCONT');
  await rig.startAggregator();
  await making;
  await rig.settled();
  const { split, unmarked } = splitViews(rig.heard());
  t.ok(split > 500, `${split} connections were split`);
  t.equal(unmarked, 0);
});

t.test('killed for longer than the ring holds: the loss reported is the loss measured', async (t) => {
  const { rig } = await killed(t, FLOWS_PER_SECOND / 2, ['--uplink-memory', '512KiB']);
  const heard = rig.heard();
  const { lost } = await rig.status();
  for (const index of [0, 1]) {
    const { seen, lost: dropped } = await rig.agentRows(index);
    const { sequences } = rowsHeard(heard, `node-${index}`);
    const missing = seen - sequences.size;
    const reported = lost
      .filter(
        ({ node, stage, unit }) =>
          node === `node-${index}` && stage === 'uplink' && unit === 'LOSS_UNIT_RECORDS',
      )
      .reduce((sum, { count }) => sum + count, 0);
    t.ok(missing > 1_000, `${missing} of ${seen} rows of node-${index} never came`);
    t.equal(reported, missing);
    t.equal(dropped, missing, 'and the agent says the same');
  }
  t.strictSame(
    lost.filter(({ stage }) => stage === 'link'),
    [],
    'no gap without its reason',
  );
});
