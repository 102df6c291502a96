/*
 * A thousand agents with 50 pods each and one aggregator, over mutual TLS: how long until all are connected, what they
 * cost at rest, and what happens when the aggregator starts again and all of them come back at once, each with records
 * that nobody acknowledged. Agents are simulated: they have the link's three streams and send what was encoded before.
 * The aggregator's side is what link-receiver.ts runs: the shipped server, intake, merge, metrics and ring.
 */
import { type BenchRow, printRows } from '@snoopy/scripts/bench/bench-row';
import type { Received } from './link-receiver.js';
import { BenchCertificates } from './link-security.js';
import { Role } from './role.js';

const AGENTS = 1_000;
const PODS = 50;
const REST_SECONDS = 10;
/** Batches of 1,000 rows that each agent has when it comes back: a minute of 500 records a second, 30 million in all. */
const BATCHES = 30;
/** As in the image: what is freed goes back to the system. */
const LOOSE = { MALLOC_MMAP_THRESHOLD_: '32768', MALLOC_TRIM_THRESHOLD_: '131072' };
const MIB = 2 ** 20;

const certificates = new BenchCertificates();
const security = [certificates.argument];
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function one(what: string, ours: number, unit: string, note?: string): BenchRow {
  return { bench: 'fleet', what, ours, unit, ...(note === undefined ? {} : { note }) };
}

async function startReceiver(): Promise<{ receiver: Role; port: number; emptyBytes: number }> {
  const receiver = new Role('link-receiver.js', security, LOOSE);
  const port = await receiver.next<number>();
  const { rssBytes } = await receiver.ask<Received>('stop');
  return { receiver, port, emptyBytes: rssBytes };
}

/** All agents connect at the same time. @returns seconds */
async function connect(agents: Role, port: number): Promise<number> {
  const start = performance.now();
  await agents.ask({ do: 'connect', port, agents: AGENTS, pods: PODS });
  return (performance.now() - start) / 1_000;
}

async function atRest(receiver: Role): Promise<Received> {
  await receiver.ask('gc');
  await sleep(2_000);
  await receiver.ask('start');
  await sleep(REST_SECONDS * 1_000);
  return receiver.ask<Received>('stop');
}

const agents = new Role('fleet-agents.js', security);
const before = await startReceiver();
const seconds = await connect(agents, before.port);
const rest = await atRest(before.receiver);
const after = await startReceiver();
await after.receiver.ask('start');
const start = performance.now();
const back = await connect(agents, after.port);
before.receiver.end();
await agents.ask({ do: 'send', batches: BATCHES });
const absorbed = (performance.now() - start) / 1_000;
const full = await after.receiver.ask<Received>('stop');
const peak = after.receiver.peakBytes();
const again = await atRest(after.receiver);
agents.end();
after.receiver.end();
certificates.remove();

const each = (rest.rssBytes - before.emptyBytes) / AGENTS / 1_024;
const busy = ({ cpuSeconds, seconds }: Received): number => cpuSeconds / seconds;
printRows([
  one(`${AGENTS} agents of ${PODS} pods connect`, seconds, 's', 'both sides on this machine'),
  one(
    '… resident memory at rest',
    rest.rssBytes / MIB,
    'MiB',
    `${each.toFixed(0)} KiB an agent; bar 600 MiB`,
  ),
  one('… CPU at rest', busy(rest), 'cores', 'bar 0.2'),
  one('all come back to a new aggregator', back, 's'),
  one(
    `… with ${BATCHES},000 records each, until all are acknowledged`,
    absorbed,
    's',
    `${full.rows.toLocaleString('en-US')} records, ${Math.round(full.rows / absorbed).toLocaleString('en-US')}/s; bar 60 s`,
  ),
  one('… resident memory, the most', peak / MIB, 'MiB', 'bar 600 MiB'),
  one('… and at rest afterwards', again.rssBytes / MIB, 'MiB', `lost: ${JSON.stringify(full.lost)}`),
  one('… CPU at rest afterwards', busy(again), 'cores'),
]);
