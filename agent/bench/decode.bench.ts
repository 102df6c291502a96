import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BenchRow, printRows } from '@snoopy/scripts/bench/bench-row';
import { Ingest } from '../src/capture/ingest.js';
import { PcapReader } from '../src/capture/pcap-reader.js';
import { Decoded } from '../src/decode/decoded.js';
import { decodeFrame } from '../src/decode/frame.js';
import { FlowTable } from '../src/flow/flow-table.js';
import { MADE_POD, makePcap } from './pcap-maker.js';

const PACKETS = 1_000_000;
const FLOWS = 1_000;
/** The best of so many counts, for us and for tcpdump. */
const RUNS = 7;
const CHUNK = 65_536;
/** The default of --flow-memory. */
const FLOW_MEMORY = 48 << 20;
const ETHERNET = 1;
const MILLION = 1e6;
const UNIT = 'M packets/s';

const out = new Decoded();
/** What the decoders found goes into here and is printed, so that no compiler can leave them out. */
let sum = 0;

/** Packets per second of decoding alone, of reading and decoding, and beside tcpdump and tshark from one file. */
export async function run(): Promise<BenchRow[]> {
  const pcap = makePcap({ packets: PACKETS, flows: FLOWS });
  const folder = mkdtempSync(join(tmpdir(), 'snoopy-bench-'));
  try {
    const file = join(folder, 'packets.pcap');
    writeFileSync(file, pcap);
    const what = `${PACKETS / MILLION} M packets`;
    return [
      alone(`decode alone, ${what} in memory`, decodeOnly(pcap)),
      alone(`pcap reader alone, ${what} in memory`, () => readAndDecode(chunksOf(pcap), false)),
      alone(`pcap reader + decode, ${what} in memory`, () => readAndDecode(chunksOf(pcap), true)),
      alone(`reader + decode + flow table, ${FLOWS} flows`, intoFlows(pcap)),
      beside(`pcap reader + decode, file of ${what}`, file, 'tcpdump -r FILE -w /dev/null', RUNS, 'tcpdump', [
        ...['-r', file, '-w', '/dev/null'],
      ]),
      beside(`pcap reader + decode, file of ${what}`, file, 'tshark -r FILE', 1, 'tshark', [
        '-n',
        '-r',
        file,
      ]),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function alone(what: string, work: () => void): BenchRow {
  const seconds = best(RUNS, work);
  const ns = ((seconds * 1e9) / PACKETS).toFixed(1);
  return { bench: 'decode', what, ours: PACKETS / seconds / MILLION, unit: UNIT, note: `${ns} ns a packet` };
}

function beside(
  what: string,
  file: string,
  peer: string,
  times: number,
  program: string,
  args: string[],
): BenchRow {
  const ours = PACKETS / best(RUNS, () => readAndDecode(chunksOfFile(file), true)) / MILLION;
  const theirs = best(times, () => {
    execFileSync(program, args, { stdio: 'ignore' });
  });
  const peerValue = PACKETS / theirs / MILLION;
  return { bench: 'decode', what, ours, peer, peerValue, ratio: ours / peerValue, unit: UNIT };
}

/** Frames one after the other, without the reader: where each begins was noted before. */
function decodeOnly(pcap: Uint8Array): () => void {
  const offsets = new Int32Array(PACKETS);
  const lengths = new Int32Array(PACKETS * 2);
  const reader = new PcapReader();
  reader.feed(pcap);
  for (let i = 0; reader.next(); i++) {
    offsets[i] = reader.offset;
    lengths[2 * i] = reader.captured;
    lengths[2 * i + 1] = reader.original;
  }
  const view = new DataView(pcap.buffer);
  return () => {
    for (let i = 0; i < PACKETS; i++) {
      decodeFrame(view, offsets[i]!, lengths[2 * i]!, lengths[2 * i + 1]!, ETHERNET, out);
      sum = (sum + out.payloadBytes) | 0;
    }
  };
}

function readAndDecode(chunks: Iterable<Uint8Array>, decode: boolean): void {
  const reader = new PcapReader();
  for (const chunk of chunks) {
    reader.feed(chunk);
    while (reader.next()) {
      out.timeUs = reader.timeUs;
      if (decode)
        decodeFrame(reader.view, reader.offset, reader.captured, reader.original, reader.linkType, out);
      sum = (sum + out.payloadBytes) | 0;
    }
  }
  if (reader.packets !== PACKETS) throw new Error(`${reader.packets} of ${PACKETS} packets`);
}

/** What the agent does with a capture; each run has a new table, made before the clock starts. */
function intoFlows(pcap: Uint8Array): () => void {
  const pod = { uid: 'made', namespace: 'bench', name: 'server' };
  const tables = Array.from({ length: RUNS }, () => {
    const table = new FlowTable({ memoryBytes: FLOW_MEMORY, seed: 1 });
    return new Ingest(table, table.addCapture({ pod, interface: 'eth0', ...MADE_POD }));
  });
  return () => {
    const ingest = tables.pop()!;
    for (const chunk of chunksOf(pcap)) ingest.push(chunk);
    if (ingest.counters.observed !== PACKETS) throw new Error(`${ingest.counters.observed} packets observed`);
  };
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

/** Seconds of the best of so many runs: what the code can do when nothing else runs. */
function best(times: number, work: () => void): number {
  let seconds = Number.POSITIVE_INFINITY;
  for (let i = 0; i < times; i++) {
    const start = process.hrtime.bigint();
    work();
    seconds = Math.min(seconds, Number(process.hrtime.bigint() - start) / 1e9);
  }
  return seconds;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  printRows(await run());
  process.stdout.write(`(checked: ${sum})\n`);
}
