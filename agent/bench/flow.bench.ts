import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FlowColumns } from '@snoopy/proto';
import { type BenchRow, printRows } from '@snoopy/scripts/bench/bench-row';
import { Ingest } from '../src/capture/ingest.js';
import { FlowTable } from '../src/flow/flow-table.js';
import { MADE_POD, makePcap } from './pcap-maker.js';

/*
 * What packets cost on their way into flows, in CPU time (user and system), so that other programs on the machine
 * disturb little. Ours is what the agent runs, warm, as it is after its first second; the others are whole processes,
 * which start in milliseconds.
 */

const PACKETS = 1_000_000;
/** tshark is so slow that a part will do. */
const PACKETS_FOR_TSHARK = 100_000;
const FLOWS = [1_000, 50_000];
const RUNS = 9;
const CHUNK = 65_536;
/** The default of --flow-memory. */
const FLOW_MEMORY = 48 << 20;
const MILLION = 1e6;
const UNIT = 'M packets/CPU s';

/** One table for all runs: its memory has been touched before, as it is in an agent that has been running. */
class Meter {
  readonly #table = new FlowTable({ memoryBytes: FLOW_MEMORY, seed: 1 });
  readonly #columns = new FlowColumns();
  rows = 0;

  /** Takes in a capture; returns what ends it and hands out all its rows. */
  take(chunks: Iterable<Uint8Array>): () => void {
    const pod = { uid: 'made', namespace: 'bench', name: 'server' };
    const capture = this.#table.addCapture({ pod, interface: 'eth0', ...MADE_POD });
    const ingest = new Ingest(this.#table, capture);
    for (const chunk of chunks) ingest.push(chunk);
    return () => {
      this.#table.removeCapture(capture);
      this.rows = 0;
      for (let more = true; more; ) {
        more = this.#table.drain(this.#columns, ingest.lastUs, this.#columns.capacity);
        this.rows += this.#columns.rows;
      }
      const { seenPackets, emittedPackets } = this.#table.counters;
      if (seenPackets !== emittedPackets)
        throw new Error(`${seenPackets - emittedPackets} packets are missing`);
    };
  }
}

export async function run(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'snoopy-bench-'));
  const sink = createSocket('udp4').on('message', () => {});
  sink.bind(0, '127.0.0.1');
  await once(sink, 'listening');
  const meter = new Meter();
  try {
    return FLOWS.flatMap((flows) => {
      const pcap = makePcap({ packets: PACKETS, flows });
      const file = join(folder, `${flows}.pcap`);
      writeFileSync(file, pcap);
      return [
        fromMemory(meter, pcap, flows),
        besideSoftflowd(meter, file, flows, sink.address().port),
        ...(flows === FLOWS[0] ? [besideTshark(meter, folder, flows)] : []),
      ];
    });
  } finally {
    sink.close();
    rmSync(folder, { recursive: true });
  }
}

function fromMemory(meter: Meter, pcap: Uint8Array, flows: number): BenchRow {
  let seconds = Number.POSITIVE_INFINITY;
  for (let i = 0; i < RUNS; i++) {
    const start = process.cpuUsage();
    const finish = meter.take(chunksOf(pcap));
    seconds = Math.min(seconds, secondsSince(start));
    finish();
  }
  const ns = ((seconds * 1e9) / PACKETS).toFixed(1);
  return {
    bench: 'flow',
    what: `decode + flow table, memory, ${flows.toLocaleString('en-US')} flows`,
    ours: PACKETS / seconds / MILLION,
    unit: UNIT,
    note: `${ns} ns a packet; to reach: 10`,
  };
}

function besideSoftflowd(meter: Meter, file: string, flows: number, port: number): BenchRow {
  const most = String(flows * 2);
  const target = `127.0.0.1:${port}`;
  // with a control socket, reading a file, it now and then waits for ever in accept()
  const args = ['-d', '-r', file, '-n', target, '-v', '9', '-m', most, '-p', `${file}.pid`, '-c', 'none'];
  const what = `file to flows, ${flows.toLocaleString('en-US')} flows`;
  const note = `${flows > 1_000 ? 'a row each; ' : ''}to reach: ratio 1.5`;
  return beside(meter, file, PACKETS, RUNS, what, 'softflowd -r', ['softflowd', ...args], note);
}

function besideTshark(meter: Meter, folder: string, flows: number): BenchRow {
  const file = join(folder, 'short.pcap');
  writeFileSync(file, makePcap({ packets: PACKETS_FOR_TSHARK, flows }));
  const args = ['tshark', '-n', '-q', '-z', 'conv,tcp', '-z', 'conv,udp', '-r', file];
  const what = `file to flows, ${PACKETS_FOR_TSHARK / 1_000}k packets, ${flows.toLocaleString('en-US')} flows`;
  return beside(
    meter,
    file,
    PACKETS_FOR_TSHARK,
    1,
    what,
    'tshark -r, conversations',
    args,
    'to reach: ratio 20',
  );
}

/** Takes turns with the other program, so that both see the same machine; the best run of each counts. */
function beside(
  meter: Meter,
  file: string,
  packets: number,
  theirRuns: number,
  what: string,
  peer: string,
  command: readonly string[],
  note: string,
): BenchRow {
  let ours = Number.POSITIVE_INFINITY;
  let theirs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < RUNS; i++) {
    const start = process.cpuUsage();
    meter.take(chunksOfFile(file))();
    ours = Math.min(ours, secondsSince(start));
    if (i < theirRuns) theirs = Math.min(theirs, secondsOf(command));
  }
  return {
    bench: 'flow',
    what,
    ours: packets / ours / MILLION,
    peer,
    peerValue: packets / theirs / MILLION,
    ratio: theirs / ours,
    unit: UNIT,
    note,
  };
}

function secondsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / MILLION;
}

/** CPU seconds of a command, from bash, because node does not tell those of its children. */
function secondsOf(command: readonly string[]): number {
  const script = 'TIMEFORMAT="snoopy %3U %3S"; time "$@" >/dev/null 2>&1';
  const { stderr } = spawnSync('bash', ['-c', script, 'bash', ...command], { encoding: 'utf8' });
  const [, user, system] = /snoopy ([\d.]+) ([\d.]+)/.exec(stderr) ?? [];
  if (user === undefined) throw new Error(`${command[0]}: ${stderr}`);
  return Number(user) + Number(system);
}

function* chunksOf(pcap: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < pcap.length; at += CHUNK) yield pcap.subarray(at, at + CHUNK);
}

/** Through one buffer, as a pipe is read. */
function* chunksOfFile(path: string): Generator<Uint8Array> {
  const buffer = Buffer.alloc(CHUNK);
  const descriptor = openSync(path, 'r');
  try {
    for (;;) {
      const bytes = readSync(descriptor, buffer);
      if (bytes === 0) return;
      yield buffer.subarray(0, bytes);
    }
  } finally {
    closeSync(descriptor);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) printRows(await run());
