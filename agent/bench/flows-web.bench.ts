import { type BenchRow, printRows } from '@snoopy/scripts/bench/bench-row';
import { countRunTime, Switch, WebLoad } from './flows-load.js';
import { pairedRatios, summarize } from './paired.js';

/*
 * What a web server keeps of its requests per second beside the programs alone: attached and detached in random order in
 * slices of 0.3 s during one long run, the server's own TCP segment counter as the rate, the median of the paired ratios
 * with its 95 % interval. `npm run bench -- flows-web`; by hand `node agent/build/bench/flows-web.bench.js 100` or `1`
 * request per connection. SNOOPY_BENCH_ROUNDS=200 makes the interval narrow and the run three minutes.
 */
const ROUNDS = Number(process.env.SNOOPY_BENCH_ROUNDS ?? 60);
const BENCH = 'flows';

/** What a web server keeps of its requests per second when the programs are attached. */
async function web(requests: number): Promise<BenchRow[]> {
  const load = new WebLoad();
  try {
    await load.serve(requests);
    await load.press(Math.ceil(ROUNDS * 1.8) + 30);
    const programs = new Switch(load.server);
    const sides = {
      count: () => load.segments(),
      cpuMs: () => load.cpuMs(),
      rest: () => programs.drain(),
    };
    const what = requests === 1 ? 'one request per connection' : `${requests} requests per connection`;
    const rows = (what: string, { rate, cpu }: Awaited<ReturnType<typeof pairedRatios>>): BenchRow[] =>
      [
        { ratios: rate, unit: 'of the rate without' },
        { ratios: cpu, unit: 'of the work per CPU second without' },
      ].map(({ ratios, unit }) => {
        const { median, error, rounds } = summarize(ratios);
        return {
          bench: BENCH,
          what,
          ours: median,
          unit,
          note: `± ${error.toFixed(4)}, ${rounds} pairs of 0.3 s`,
        };
      });
    const ours = await pairedRatios({ ...sides, on: () => programs.on(), off: () => programs.off() }, ROUNDS);
    const none = await pairedRatios({ ...sides, on: () => {}, off: () => {} }, Math.ceil(ROUNDS / 5));
    return [
      ...rows(`nginx keeps, ${what}`, ours),
      ...rows(`nothing beside nothing (A/A), ${what}`, none),
      ...(await runTime(programs, what)),
    ];
  } finally {
    load.end();
  }
}

/** What the kernel itself says of a program's run time, its own bookkeeping included. */
async function runTime(programs: Switch, what: string): Promise<BenchRow[]> {
  programs.on();
  const before = programs.stats();
  countRunTime(true);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  countRunTime(false);
  const after = programs.stats();
  programs.off();
  programs.drain();
  return [...after].flatMap(([name, { runs, ns }]) => {
    const more = runs - before.get(name)!.runs;
    if (more < 1_000) return [];
    const ours = (ns - before.get(name)!.ns) / more;
    return [
      { bench: BENCH, what: `${name}, ${what}`, ours, unit: 'ns a run', note: `${more} runs, bpf_stats` },
    ];
  });
}

const wanted = process.argv[2];
for (const requests of wanted === undefined ? [100, 1] : [Number(wanted)]) printRows(await web(requests));
process.exit(0);
