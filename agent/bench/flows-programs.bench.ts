import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchRow, printRows } from '@snoopy/scripts/bench/bench-row';
import { countRunTime, Switch, WebLoad } from './flows-load.js';
import { NothingPrograms } from './nothing-programs.js';

/*
 * What the programs take of a packet, as the kernel counts it (bpf_stats), under a web server's load and under UDP
 * datagrams of 64 bytes; beside them, on the same packets, programs that do nothing: that is the counting's own cost.
 * `npm run bench -- flows-programs`. Half a minute.
 */
const BENCH = 'flows';
const slices = 12;
const sliceMs = 500;

type Stats = ReturnType<Switch['stats']>;

/** Nanoseconds a run between two readings. */
function perRun(before: Stats, after: Stats, name: string): number {
  const [from, to] = [before.get(name)!, after.get(name)!];
  return (to.ns - from.ns) / (to.runs - from.runs);
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

/** The median of short slices: what else runs on the machine disturbs some of them. */
async function runTimes(what: string, ours: Switch, nothing: NothingPrograms): Promise<BenchRow[]> {
  const found = {
    ingress: [] as number[],
    egress: [] as number[],
    floorIn: [] as number[],
    floorOut: [] as number[],
  };
  countRunTime(true);
  for (let i = 0; i < slices; i++) {
    const before = [ours.stats(), nothing.stats()] as const;
    await sleep(sliceMs);
    const after = [ours.stats(), nothing.stats()] as const;
    ours.drain();
    found.ingress.push(perRun(before[0], after[0], 'snoopy_ingress'));
    found.egress.push(perRun(before[0], after[0], 'snoopy_egress'));
    found.floorIn.push(perRun(before[1], after[1], 'ingress'));
    found.floorOut.push(perRun(before[1], after[1], 'egress'));
  }
  countRunTime(false);
  const row = (hook: 'ingress' | 'egress', floor: number[]): BenchRow => {
    const [mine, peerValue] = [median(found[hook]), median(floor)];
    const peer = 'a program that does nothing';
    return {
      bench: BENCH,
      what: `${hook}, ${what}`,
      ours: mine,
      unit: 'ns a run',
      peer,
      peerValue,
      ratio: peerValue / mine,
    };
  };
  return [row('ingress', found.floorIn), row('egress', found.floorOut)].filter(
    ({ ours }) => !Number.isNaN(ours),
  );
}

/** Datagrams both ways between sockets that nobody reads. */
function datagrams(load: WebLoad): void {
  const flood = (own: string, peer: string): string =>
    `import socket\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);s.bind(('${own}',9000));s.connect(('${peer}',9000))\nwhile 1:\n try: s.send(bytes(64))\n except OSError: pass`;
  load.server.spawn('python3', ['-c', flood('10.88.0.1', '10.88.0.2')], { stdio: 'ignore' });
  load.client.spawn('python3', ['-c', flood('10.88.0.2', '10.88.0.1')], { stdio: 'ignore' });
}

const load = new WebLoad();
try {
  await load.serve(100);
  await load.press((slices * sliceMs) / 1_000 + 3);
  const ours = new Switch(load.server);
  ours.on();
  const nothing = new NothingPrograms(load.server);
  printRows(await runTimes('a web server, 100 requests per connection', ours, nothing));
  await sleep(3_500);
  datagrams(load);
  await sleep(1_000);
  printRows(await runTimes('UDP, 64 bytes', ours, nothing));
  ours.off();
  nothing.end();
} finally {
  countRunTime(false);
  load.end();
}
process.exit(0);
