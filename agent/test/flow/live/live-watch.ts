import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Namespace } from '@snoopy/scripts/rig/netns';
import { Ingest } from '../../../src/capture/ingest.js';
import { FlowTable } from '../../../src/flow/flow-table.js';
import { drainAll, type Row } from '../rows.js';

const DRAIN_MS = 100;

/** What one connection (or whatever has addresses and ports) counted. */
export interface Totals {
  packets: number;
  bytes: number;
  payload: number;
  /** Segments (or FINs) of which a part was seen before. */
  repeated: number;
}

/** Watches eth0 of a namespace as the agent does, with a second tcpdump beside it that knows nothing of us. */
export class LiveWatch {
  readonly rows: Row[] = [];
  readonly table = new FlowTable({ memoryBytes: 8 << 20, seed: 77 });
  readonly ingest: Ingest;
  readonly #folder = mkdtempSync(join(tmpdir(), 'snoopy-flow-'));
  readonly #tools: ChildProcess[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #atExit = (): void => this.close();

  private constructor(readonly namespace: Namespace) {
    const mac = Uint8Array.from(namespace.mac().split(':'), (byte) => Number.parseInt(byte, 16));
    const pod = { uid: namespace.name, namespace: 'test', name: namespace.label };
    const capture = this.table.addCapture({ pod, interface: 'eth0', mac, addresses: [] });
    this.ingest = new Ingest(this.table, capture);
    this.#timer = setInterval(() => this.#drain(), DRAIN_MS);
    process.once('exit', this.#atExit); // also when the test itself fails before its teardown
  }

  static async start(namespace: Namespace): Promise<LiveWatch> {
    const watch = new LiveWatch(namespace);
    const shown = watch.#tcpdump('-');
    shown.stdout!.on('data', (chunk: Buffer) => watch.ingest.push(chunk));
    const apart = watch.#tcpdump(join(watch.#folder, 'apart.pcap'));
    await Promise.all([listening(shown), listening(apart)]);
    return watch;
  }

  /** Ends both when nothing has come for a while, and all flows; rows has everything then. */
  async stop(): Promise<void> {
    for (let seen = -1; seen !== this.ingest.counters.records; await sleep(300))
      seen = this.ingest.counters.records;
    for (const tool of this.#tools) tool.kill('SIGINT');
    await Promise.all(this.#tools.map((tool) => once(tool, 'close')));
    clearInterval(this.#timer);
    this.table.shutdown();
    this.#drain();
  }

  /** Removes the files and, if stop() was not called, ends the tools. */
  close(): void {
    process.off('exit', this.#atExit);
    clearInterval(this.#timer);
    for (const tool of this.#tools) tool.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** What the rows say, by protocol, addresses and ports in both orders. */
  ours(): Map<string, Totals> {
    const totals = new Map<string, Totals>();
    for (const row of this.rows) {
      if (row.protocol !== 'tcp' && row.protocol !== 'udp') continue;
      const local = `${row.local} ${row.localPort}`;
      const peer = `${row.peer} ${row.peerPort}`;
      const { sentRetransmits = 0, receivedRetransmits = 0 } = row.extras;
      add(totals, `${row.protocol} ${local} > ${peer}`, { ...row.sent, repeated: sentRetransmits });
      add(totals, `${row.protocol} ${peer} > ${local}`, { ...row.received, repeated: receivedRetransmits });
    }
    return totals;
  }

  /** The same from the other tcpdump's file, as tshark reads it. */
  theirs(): Map<string, Totals> {
    const totals = new Map<string, Totals>();
    const seen: Seen = new Map();
    const fields = ['frame.len', 'ip.src', 'ipv6.src', 'ip.dst', 'ipv6.dst', ...TRANSPORT];
    const args = [
      '-r',
      join(this.#folder, 'apart.pcap'),
      '-Y',
      '(tcp or udp) and not icmp and not icmpv6',
      '-T',
      'fields',
    ];
    const text = execFileSync('tshark', [...args, ...fields.flatMap((field) => ['-e', field])], {
      encoding: 'utf8',
      maxBuffer: 256 << 20,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    for (const line of text.split('\n').filter(Boolean)) {
      const [bytes, src4, src6, dst4, dst6, tcpSrc, tcpDst, tcpLen, seq, syn, fin, udpSrc, udpDst, udpLen] =
        line.split('\t');
      const protocol = tcpSrc ? 'tcp' : 'udp';
      const from = `${src4 || groups(src6!)} ${tcpSrc || udpSrc}`;
      const to = `${dst4 || groups(dst6!)} ${tcpDst || udpDst}`;
      const payload = tcpSrc ? Number(tcpLen) : Number(udpLen) - 8;
      const key = `${protocol} ${from} > ${to}`;
      if (syn === '1') seen.delete(key);
      const end = Number(seq) + payload + Number(fin);
      const isData = tcpSrc !== '' && syn !== '1' && end > Number(seq);
      const repeated = isData && sawBefore(seen, key, Number(seq), end) ? 1 : 0;
      add(totals, key, { packets: 1, bytes: Number(bytes), payload, repeated });
    }
    return totals;
  }

  #drain(): void {
    const nowUs = Date.now() * 1_000;
    this.table.advance(nowUs);
    this.rows.push(...drainAll(this.table, nowUs));
  }

  #tcpdump(output: string): ChildProcess {
    const args = [
      '-i',
      'eth0',
      '--nano',
      '-nn',
      '-U',
      '-s',
      '384',
      '-B',
      '8192',
      '--immediate-mode',
      '-w',
      output,
    ];
    const tool = this.namespace.spawn('tcpdump', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#tools.push(tool);
    return tool;
  }
}

const TRANSPORT = [
  'tcp.srcport',
  'tcp.dstport',
  'tcp.len',
  'tcp.seq',
  'tcp.flags.syn',
  'tcp.flags.fin',
  'udp.srcport',
  'udp.dstport',
  'udp.length',
];

/** Ranges of sequence numbers, by direction of a connection. */
type Seen = Map<string, [from: number, to: number][]>;

/** Whether a part of the range was seen before; remembers it. */
function sawBefore(seen: Seen, key: string, from: number, to: number): boolean {
  const ranges = seen.get(key) ?? [];
  const before = ranges.some(([start, end]) => from < end && start < to);
  const last = ranges.at(-1);
  if (last && last[1] === from) last[1] = to;
  else ranges.push([from, to]);
  seen.set(key, ranges);
  return before;
}

function add(totals: Map<string, Totals>, key: string, more: Totals): void {
  const total = totals.get(key) ?? { packets: 0, bytes: 0, payload: 0, repeated: 0 };
  total.packets += more.packets;
  total.bytes += more.bytes;
  total.payload += more.payload;
  total.repeated += more.repeated;
  if (total.packets > 0) totals.set(key, total);
}

/** Resolves when the tool says that it listens; its errors are read to the end, else it would die of SIGPIPE. */
function listening(tool: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    tool.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('listening on')) resolve();
    });
    tool.once('close', () => reject(new Error(`tcpdump ended: ${text}`)));
  });
}

/** fd77::2 as eight groups. */
function groups(address: string): string {
  const [head = '', tail = ''] = address.split('::');
  const front = head.split(':').filter(Boolean);
  const back = tail.split(':').filter(Boolean);
  return [...front, ...new Array<string>(8 - front.length - back.length).fill('0'), ...back].join(':');
}
