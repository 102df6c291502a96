import t from 'tap';
import { makeFlow, makePod } from '../../fakes/flow.js';
import { Exposition, type Samples } from '../../fakes/page.js';

const families = ['snoopy_flow_bytes_total', 'snoopy_connections_total', 'snoopy_tcp_handshake_seconds'];

/** What would be seen without a bound. */
async function totals(most: number, mostLines: number, rounds: number): Promise<[Exposition, number[]]> {
  const exposition = new Exposition(most, mostLines);
  const pods = Array.from({ length: 300 }, (_, i) => makePod(`pod-${i}`));
  for (let round = 0; round < rounds; round++) {
    for (const [slot, sourcePod] of pods.entries()) {
      exposition.take(
        makeFlow({ slot, sourcePod, renamed: round === 0, outcome: 1 + (slot % 4), handshakeUs: 10 + slot }),
      );
    }
    await exposition.text();
  }
  const sums = [
    'snoopy_flow_bytes_total',
    'snoopy_connections_total',
    'snoopy_tcp_handshake_seconds_count',
    'snoopy_tcp_handshake_seconds_sum',
  ];
  return [exposition, await Promise.all(sums.map((family) => exposition.sum(family)))];
}

function linesOf(samples: Samples, family: string): number {
  return Object.keys(samples).filter(
    (series) => series.startsWith(family) && !series.includes('src_workload="other"'),
  ).length;
}

t.test('no bound is reached: no other', async (t) => {
  const [exposition, sums] = await totals(1_000, 10_000, 2);
  t.notMatch(await exposition.text(), /"other"/);
  t.equal(exposition.page.folded, 0);
  t.same(sums[1], 600);
});

for (const [what, most, lines] of [
  ['a bound of lines', 1_000, 100],
  ['a bound of label sets', 50, 10_000],
  ['both', 200, 130],
] as const)
  t.test(what, async (t) => {
    const [, free] = await totals(1_000, 10_000, 3);
    const [exposition, bound] = await totals(most, lines, 3);
    t.same(
      bound.map((sum) => Math.round(sum * 1e6)),
      free.map((sum) => Math.round(sum * 1e6)),
    );
    const samples = await exposition.samples();
    for (const family of families) t.ok(linesOf(samples, family) <= lines, family);
    t.equal(exposition.page.folded > 0, lines < most, 'series without a line of their own are counted');
    t.match(Object.keys(samples).join('\n'), /src_workload="other",.*dst_port="other"/);
    t.equal(
      exposition.metrics.edges.folded > 0,
      most < 300,
      'connections without a set of their own are counted',
    );
  });

t.test('what is shown never gets smaller', async (t) => {
  const exposition = new Exposition(100, 60);
  let before: Samples = {};
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 20; i++) {
      const slot = round * 10 + i;
      exposition.take(makeFlow({ slot, sourcePod: makePod(`pod-${slot}`), handshakeUs: 100 * i }));
    }
    const now = await exposition.samples();
    for (const [series, value] of Object.entries(before)) {
      if (!(now[series]! >= value)) t.fail(`${series}: ${value}, then ${now[series]}`);
    }
    before = now;
  }
});
