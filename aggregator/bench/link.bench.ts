/*
 * Agents' records into the aggregator, between two processes over real gRPC with mutual TLS: saturated and at a steady million a second
 * with a million live connections, memory of a thousand agents at rest and after traffic, bytes for each record, and
 * what decoding costs beside protobufjs. `--json` prints rows as JSON.
 */
import { gzipSync } from 'node:zlib';
import { decodeFlowBatch, encodeFlowBatch, FlowColumns, Protocol, packageDefinition } from '@snoopy/proto';
import { FlowMaker } from '@snoopy/proto/flow-maker';
import { type BenchRow, printRows } from '@snoopy/scripts/bench/bench-row';
import type { Received } from './link-receiver.js';
import { BenchCertificates } from './link-security.js';
import { Role } from './role.js';

const CONNECTIONS = 1_000_000;
const SATURATED_SECONDS = 6;
const PACED_SECONDS = 6;
const PACED_ROWS = 1_000_000;
const AGENTS = 1_000;
/** As in the image: what is freed goes back to the system. Costs about 80 ns a record when saturated. */
const LOOSE = { MALLOC_MMAP_THRESHOLD_: '32768', MALLOC_TRIM_THRESHOLD_: '131072' };

const certificates = new BenchCertificates();
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Saturated, then paced. @param args of the receiver @param security of both */
async function run(
  args: string[],
  security = [certificates.argument],
): Promise<{ full: Received; paced: Received; bytes: number }> {
  const receiver = new Role('link-receiver.js', [...args, ...security]);
  const sender = new Role('link-sender.js', security);
  const port = await receiver.next<number>();
  await sender.ask({ do: 'open', port, count: CONNECTIONS });
  await sleep(500);
  await sender.ask({ do: 'saturate' });
  await sleep(2_000);
  await receiver.ask('start');
  await sleep(SATURATED_SECONDS * 1_000);
  const full = await receiver.ask<Received>('stop');
  const sent = await sender.ask<{ bytes: number; rows: number }>({ do: 'stop' });
  await sleep(500);
  await sender.ask({ do: 'pace', count: PACED_ROWS });
  await sleep(2_000);
  await receiver.ask('start');
  await sleep(PACED_SECONDS * 1_000);
  const paced = await receiver.ask<Received>('stop');
  await sender.ask({ do: 'stop' });
  sender.end();
  receiver.end();
  return { full, paced, bytes: sent.bytes / sent.rows };
}

function one(what: string, ours: number, unit: string, note?: string): BenchRow {
  return { bench: 'link', what, ours, unit, ...(note === undefined ? {} : { note }) };
}

function nanosecondsOf({ cpuSeconds, rows }: Received): string {
  return `${((cpuSeconds * 1e9) / rows).toFixed(0)} ns of CPU a record, all threads`;
}

async function throughput(): Promise<BenchRow[]> {
  const { full, paced, bytes } = await run(['no-ring']);
  const plain = (await run(['no-ring'], [])).full;
  const live = `${full.connections.toLocaleString('en-US')} live, ${(full.rows / full.flows).toFixed(2)} records a flow`;
  const ringed = await run([]);
  const most = (of: Received): string => `most ${of.delayMostMs.toFixed(1)} ms`;
  return [
    one('saturated, mutual TLS + link + merge + metrics', full.rows / full.seconds, 'records/s', live),
    one('… in plain text', plain.rows / plain.seconds, 'records/s', nanosecondsOf(plain)),
    one('… for each CPU second', full.rows / full.cpuSeconds, 'records/s', nanosecondsOf(full)),
    one('… event-loop delay, 99 %', full.delayP99Ms, 'ms', most(full)),
    one('… resident memory', full.rssBytes / 2 ** 20, 'MiB', `${bytes.toFixed(1)} bytes a record, all TCP`),
    one(
      '… with the ring for subscribers',
      ringed.full.rows / ringed.full.seconds,
      'records/s',
      nanosecondsOf(ringed.full),
    ),
    one('paced, records arriving', paced.rows / paced.seconds, 'records/s'),
    one('… CPU', (100 * paced.cpuSeconds) / paced.seconds, '% of a core'),
    one('… event-loop delay, 99 %', paced.delayP99Ms, 'ms', most(paced)),
    one('… longest GC pause', paced.gcMostMs, 'ms'),
    one('… CPU with the ring', (100 * ringed.paced.cpuSeconds) / ringed.paced.seconds, '% of a core'),
  ];
}

async function memory(how: string, security: string[]): Promise<BenchRow[]> {
  const receiver = new Role('link-receiver.js', security, LOOSE);
  const sender = new Role('link-sender.js', security);
  const port = await receiver.next<number>();
  const rss = async (): Promise<number> => {
    await sleep(1_500);
    await receiver.ask('gc');
    await sleep(500);
    return (await receiver.ask<Received>('stop')).rssBytes;
  };
  await sender.ask({ do: 'openMany', port, count: 20 });
  await sender.ask({ do: 'traffic', count: 20 });
  const before = await rss();
  await sender.ask({ do: 'openMany', port, count: AGENTS });
  const atRest = await rss();
  await sender.ask({ do: 'traffic', count: 20 });
  const after = await rss();
  sender.end();
  receiver.end();
  const each = (bytes: number): number => (bytes - before) / AGENTS / 1_024;
  const what = `memory of an agent's streams, ${AGENTS} agents, ${how}`;
  return [
    { bench: 'link', what: `${what}, at rest`, ours: each(atRest), unit: 'KiB' },
    {
      bench: 'link',
      what: `${what}, after traffic`,
      ours: each(after),
      unit: 'KiB',
      note: '20 batches of 1,000 rows each',
    },
  ];
}

async function memories(): Promise<BenchRow[]> {
  const tls = await memory('mutual TLS', [certificates.argument]);
  return [...tls, ...(await memory('plain text', []))];
}

/** As proto-loader makes it. */
interface GeneratedService {
  Flows: { requestDeserialize(bytes: Buffer): object };
}

function codec(): BenchRow[] {
  const columns = new FlowColumns(1_000);
  const into = new FlowColumns(1_000);
  const maker = new FlowMaker(1);
  const batches: Buffer[] = [];
  let tcp = 0;
  for (let i = 0; i < 50; i++) {
    maker.fill(columns, 1_000);
    tcp += columns.protocol.filter((protocol) => protocol === Protocol.tcp).length / 50_000;
    batches.push(encodeFlowBatch({ epoch: 1, firstSequence: 1, lost: [] }, columns));
  }
  const { Flows: method } = packageDefinition['snoopy.v1.AgentLink'] as unknown as GeneratedService;
  const ours = nanoseconds(() => {
    for (const batch of batches) decodeFlowBatch(batch, into);
  });
  const peer = nanoseconds(() => {
    for (const batch of batches) method.requestDeserialize(batch);
  });
  const encode = nanoseconds(() => {
    for (let i = 0; i < 50; i++) encodeFlowBatch({ epoch: 1, firstSequence: 1, lost: [] }, columns);
  });
  const bytes = batches.reduce((sum, batch) => sum + batch.length, 0) / 50_000;
  const compressed = batches.reduce((sum, batch) => sum + gzipSync(batch, { level: 1 }).length, 0) / 50_000;
  return [
    {
      bench: 'link',
      what: 'decode, batches of 1,000',
      ours,
      peer: 'proto-loader 0.8.1 (protobufjs)',
      peerValue: peer,
      ratio: peer / ours,
      unit: 'ns/record',
      note: 'the peer leaves the columns as they are on the wire',
    },
    { bench: 'link', what: 'encode, batches of 1,000', ours: encode, unit: 'ns/record' },
    {
      bench: 'link',
      what: 'bytes a record, realistic traffic',
      ours: bytes,
      unit: 'bytes',
      note: `${(100 * tcp).toFixed(0)} % TCP`,
    },
    {
      bench: 'link',
      what: '… gzip level 1, dictionaries included',
      ours: compressed,
      unit: 'bytes',
      note: `bar ${(8 * tcp + 19).toFixed(1)}`,
    },
  ];
}

/** For each record of 50 batches of 1,000, the median of some rounds. */
function nanoseconds(work: () => void): number {
  const rounds: number[] = [];
  for (let round = 0; round < 15; round++) {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    rounds.push(((user + system) * 1_000) / 50_000);
  }
  return rounds.sort((a, b) => a - b)[7]!;
}

const rows = [...codec(), ...(await throughput()), ...(await memories())];
certificates.remove();
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(rows)}\n`);
else printRows(rows);
