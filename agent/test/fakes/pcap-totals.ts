import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Namespace } from '@snoopy/scripts/rig/netns';

/** Packets and bytes of frames in one direction, by `protocol local > peer`. */
export type Totals = Record<string, { packets: number; bytes: number }>;

const fields = ['frame.len', 'ip.src', 'ipv6.src', 'ip.dst', 'ipv6.dst'].concat(
  ['tcp.srcport', 'tcp.dstport', 'udp.srcport', 'udp.dstport'],
  ['icmp.type', 'icmp.ident', 'icmpv6.type', 'icmpv6.echo.identifier'],
);

/** A tcpdump that knows nothing of us, in a namespace, writing a file. */
export class ApartTcpdump {
  readonly #folder = mkdtempSync(join(tmpdir(), 'snoopy-apart-'));
  readonly #file = join(this.#folder, 'apart.pcap');
  readonly #tool: ChildProcess;
  readonly #atExit = (): void => this.#remove();
  #said = '';

  constructor(namespace: Namespace) {
    process.once('exit', this.#atExit);
    const args = ['-i', 'eth0', '-nn', '-p', '-s', '128', '-B', '16384', '-U', '-w', this.#file];
    this.#tool = namespace.spawn('tcpdump', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#tool.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
  }

  async listening(): Promise<void> {
    while (!this.#said.includes('listening on')) {
      if (this.#tool.exitCode !== null) throw new Error(this.#said);
      await sleep(20);
    }
  }

  /** Ends it. @returns what it saw of TCP, UDP and echoes; throws if it dropped anything */
  async stop(): Promise<Totals> {
    await sleep(1_200); // the kernel hands a block over after a second at most
    this.#tool.kill('SIGINT');
    await once(this.#tool, 'close');
    if (!/\b0 packets dropped by kernel/.test(this.#said)) throw new Error(this.#said);
    const what = '(tcp or udp) and not icmp and not icmpv6 or icmp.type in {0,8} or icmpv6.type in {128,129}';
    const args = [
      '-n',
      '-r',
      this.#file,
      '-Y',
      what,
      '-T',
      'fields',
      ...fields.flatMap((one) => ['-e', one]),
    ];
    const text = execFileSync('tshark', args, { encoding: 'utf8', maxBuffer: 256 << 20, stdio: 'pipe' });
    this.#remove();
    return totalsOf(text.split('\n').filter(Boolean));
  }

  #remove(): void {
    process.off('exit', this.#atExit);
    this.#tool.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function totalsOf(lines: readonly string[]): Totals {
  const totals: Totals = {};
  for (const line of lines) {
    const [bytes, src4, src6, dst4, dst6, tcpSrc, tcpDst, udpSrc, udpDst, , id4, , id6] = line.split('\t');
    const protocol = tcpSrc ? 'tcp' : udpSrc ? 'udp' : 'echo';
    const id = String(Number(id4 || id6 || 0));
    const from = `${src4 || groups(src6!)}:${tcpSrc || udpSrc || id}`;
    const to = `${dst4 || groups(dst6!)}:${tcpDst || udpDst || id}`;
    add(totals, `${protocol} ${from} > ${to}`, 1, Number(bytes));
  }
  return totals;
}

export function add(totals: Totals, key: string, packets: number, bytes: number): void {
  if (packets === 0) return;
  const before = totals[key] ?? { packets: 0, bytes: 0 };
  totals[key] = { packets: before.packets + packets, bytes: before.bytes + bytes };
}

/** fd77::2 as eight groups. */
function groups(address: string): string {
  const [head = '', tail = ''] = address.split('::');
  const front = head.split(':').filter(Boolean);
  const back = tail.split(':').filter(Boolean);
  return [...front, ...new Array<string>(8 - front.length - back.length).fill('0'), ...back].join(':');
}
