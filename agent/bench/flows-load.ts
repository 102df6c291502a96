import { execFileSync } from 'node:child_process';
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Namespace, Net } from '@snoopy/scripts/rig/netns';
import { Libbpf } from '../src/kernel/libbpf.js';
import { kernelMemory } from '../src/kernel/memory-plan.js';
import { NetworkSyscalls } from '../src/kernel/network-syscalls.js';
import { programFiles } from '../src/kernel/program-files.js';
import { RingReader } from '../src/kernel/ring-reader.js';
import { VisitorWork } from '../src/kernel/visitor-work.js';

const PAGE = 4_096;

/** The programs, attached and detached at will on the interfaces of a namespace. */
export class Switch {
  readonly #bpf = new Libbpf();
  readonly #sockets = this.#bpf.open(programFiles().sockets);
  readonly #packets = this.#bpf.open(programFiles().packets);
  readonly #visits: VisitorWork;
  readonly #ring: RingReader;
  readonly #netns: number;
  #detach: (() => void)[] = [];

  constructor(namespace: Namespace) {
    const { rowRingBytes } = kernelMemory(48 << 20);
    this.#sockets.resizeMap('rows', rowRingBytes);
    this.#sockets.load();
    for (const map of ['pods', 'pod_slots']) this.#packets.shareMap(map, this.#sockets.mapFd(map));
    this.#packets.load();
    const fd = (name: string): number => this.#packets.programFd(name);
    const pair = { ingress: fd('snoopy_ingress'), egress: fd('snoopy_egress') };
    this.#visits = new VisitorWork(new NetworkSyscalls(), {
      ethernet: pair,
      raw: pair,
      loopback: pair,
      adoptLink: 0,
      clsact: false,
    });
    this.#netns = openSync(namespace.path, 'r');
    const { cookie, links } = this.#visits.attach(this.#netns, 'eth0', 'ethernet');
    this.#visits.detach(links);
    const [key, one] = [Buffer.alloc(8), Buffer.from([1, 4, 0, 0])];
    key.writeBigUInt64LE(cookie);
    this.#bpf.updateMap(this.#sockets.mapFd('pods'), key, one);
    const place = Buffer.alloc(4);
    place.writeUInt32LE(Number(cookie & 4_095n));
    this.#bpf.updateMap(this.#packets.mapFd('pod_places'), place, Buffer.concat([key, one, Buffer.alloc(4)]));
    const map = this.#sockets.mapFd('rows');
    const consumer = this.#bpf.mapMemory(map, 0, PAGE, true);
    const producer = this.#bpf.mapMemory(map, PAGE, PAGE + rowRingBytes, false);
    this.#ring = new RingReader(consumer.memory, producer.memory, rowRingBytes, PAGE);
  }

  on(): void {
    const { links } = this.#visits.attach(this.#netns, 'eth0', 'ethernet');
    this.#detach = [this.#sockets.attach('set_state'), () => this.#visits.detach(links)];
  }

  off(): void {
    for (const detach of this.#detach.splice(0)) detach();
  }

  /** Takes the rows that are there, so that the ring is never full. */
  drain(): void {
    while (this.#ring.next());
    this.#ring.release();
  }

  /** Nanoseconds a run, and runs, by program, of what ran while the kernel counted. */
  stats(): Map<string, { runs: number; ns: number }> {
    const found = new Map<string, { runs: number; ns: number }>();
    for (const [object, names] of [
      [this.#sockets, ['set_state']],
      [this.#packets, ['snoopy_ingress', 'snoopy_egress']],
    ] as const)
      for (const name of names) {
        const info = readFileSync(`/proc/self/fdinfo/${object.programFd(name)}`, 'utf8');
        const field = (key: string): number =>
          Number(new RegExp(`^${key}:\\s*(\\d+)`, 'm').exec(info)?.[1] ?? 0);
        found.set(name, { runs: field('run_cnt'), ns: field('run_time_ns') });
      }
    return found;
  }
}

/** nginx in one namespace, a load generator in another, one cable between them. */
export class WebLoad {
  readonly net = new Net();
  readonly server = this.net.namespace('server');
  readonly client = this.net.namespace('client');
  readonly #folder = mkdtempSync(join(tmpdir(), 'snoopy-bench-'));
  #pid = 0;
  #wrkPid = 0;
  #requests = 1;

  /** Starts the server. @param requests of each connection */
  async serve(requests: number): Promise<void> {
    this.#requests = requests;
    this.net.link(this.server, this.client);
    this.server.run('ip', 'addr', 'add', '10.88.0.1/24', 'dev', 'eth0');
    this.client.run('ip', 'addr', 'add', '10.88.0.2/24', 'dev', 'eth0');
    this.client.sysctl('net.ipv4.tcp_tw_reuse', 1);
    this.client.sysctl('net.ipv4.ip_local_port_range', '1024 65000');
    writeFileSync(join(this.#folder, 'nginx.conf'), config(this.#folder, requests));
    const nginx = this.server.spawn('nginx', ['-c', join(this.#folder, 'nginx.conf'), '-p', this.#folder], {
      stdio: 'inherit',
    });
    this.#pid = nginx.pid!;
    await new Promise((resolve) => setTimeout(resolve, 700));
  }

  /** Keeps it busy from now on, for so long at most. */
  async press(seconds: number): Promise<void> {
    this.#wrkPid = this.client.spawn('wrk', this.#wrk(seconds), { stdio: 'ignore' }).pid!;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }

  /** Requests per second, and the latency of half and of 99 % of them in microseconds, over so many seconds. */
  async measure(seconds: number): Promise<{ rate: number; p50: number; p99: number }> {
    const { stdout } = await this.client.execute('wrk', ['--latency', ...this.#wrk(seconds)]);
    const latency = (percent: number): number => {
      const [, value, unit] = new RegExp(`\\b${percent}%\\s+([\\d.]+)(us|ms|s)`).exec(stdout) ?? [];
      return Number(value) * (unit === 'us' ? 1 : unit === 'ms' ? 1e3 : 1e6);
    };
    const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
    return { rate, p50: latency(50), p99: latency(99) };
  }

  #wrk(seconds: number): string[] {
    const close = this.#requests === 1 ? ['-H', 'Connection: close'] : [];
    return ['-t', '1', '-c', '32', '-d', `${seconds}s`, ...close, 'http://10.88.0.1/'];
  }

  /** CPU time of the server and of its client, what interrupts take of it included; milliseconds. */
  cpuMs(): number {
    let sum = 0;
    for (const pid of [this.#pid, this.#wrkPid])
      for (const tid of readdirSync(`/proc/${pid}/task`))
        sum += Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
    return sum;
  }

  /** TCP segments that the server's namespace has sent. */
  segments(): number {
    const text = readFileSync(`/proc/${this.#pid}/net/snmp`, 'utf8');
    const [names, values] = text
      .split('\n')
      .filter((line) => line.startsWith('Tcp:'))
      .map((line) => line.split(' '));
    return Number(values![names!.indexOf('OutSegs')]);
  }

  end(): void {
    this.net.close();
    rmSync(this.#folder, { recursive: true });
  }
}

function config(folder: string, requests: number): string {
  return `daemon off; master_process off; user root; pid ${folder}/pid; error_log ${folder}/error crit;
events { worker_connections 1024; }
http { access_log off; keepalive_requests ${requests}; server { listen 10.88.0.1:80; location / { return 200 "hello\\n"; } } }
`;
}

/** Lets the kernel count the run time of programs, or no longer. */
export function countRunTime(on: boolean): void {
  execFileSync('sysctl', ['-q', '-w', `kernel.bpf_stats_enabled=${on ? 1 : 0}`]);
}
