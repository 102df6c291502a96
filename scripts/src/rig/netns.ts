import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';

/*
 * Network namespaces for tests, benches and the demo.
 *
 *   const net = new Net();
 *   const bridge = net.bridge();                       // a namespace of its own, so the host gets no device
 *   const web = bridge.join(net.namespace('web'));     // eth0 with the next free 10.77.0.x and fd77::x
 *   web.run('iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', '81', '-j', 'DROP');
 *   const child = web.spawn('tcpdump', ['-i', 'eth0']);
 *   net.close();                                       // ends what runs inside, deletes everything
 *
 * Nothing outlives the process that made it: close() also runs at exit and on SIGINT, SIGTERM and SIGHUP, and a
 * later Net sweeps what a SIGKILLed process left.
 */

const DIRECTORY = '/run/netns';
/** snt-PID-SERIAL-LABEL: the pid tells a later run whose it is. */
const NAME = /^snt-(\d+)-\d+-/;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

let serial = 0;

export interface NetOptions {
  /** Close on SIGINT, SIGTERM and SIGHUP, then end the process by that signal. Default true. */
  readonly signals?: boolean;
}

/** Owns namespaces, the processes started in them and their end. Needs root. */
export class Net {
  readonly #namespaces: Namespace[] = [];
  #closed = false;
  readonly #atExit = (): void => this.close();
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.close();
    process.kill(process.pid, signal);
  };

  constructor(options: NetOptions = {}) {
    mkdirSync(DIRECTORY, { recursive: true });
    sweep();
    process.once('exit', this.#atExit);
    if (options.signals !== false) for (const signal of SIGNALS) process.once(signal, this.#onSignal);
  }

  /** A new namespace with `lo` up and nothing else; the label is for people. */
  namespace(label: string): Namespace {
    if (this.#closed) throw new Error(`no namespace ${label}: this Net is closed`);
    const name = `snt-${process.pid}-${++serial}-${label}`;
    execute('ip', ['netns', 'add', name]);
    const namespace = new Namespace(name, label);
    this.#namespaces.push(namespace);
    namespace.run('ip', 'link', 'set', 'lo', 'up');
    // New interfaces take no link-local address and do not look for routers: nothing is sent that nobody asked for.
    namespace.sysctl('net.ipv6.conf.default.addr_gen_mode', 1);
    namespace.sysctl('net.ipv6.conf.default.router_solicitations', 0);
    // Clients that connect in a loop would have used all ports up within seconds.
    namespace.sysctl('net.ipv4.tcp_tw_reuse', 1);
    return namespace;
  }

  /** A bridge in a namespace of its own; every member gets addresses of 10.77.0.0/16 and fd77::/64. */
  bridge(label = 'bridge', options: BridgeOptions = {}): Bridge {
    return new Bridge(this.namespace(label), options);
  }

  /** Two interfaces that are each other's end, both up, without addresses. */
  link(a: Namespace, b: Namespace, interfaceA = 'eth0', interfaceB = 'eth0'): void {
    connect(a, interfaceA, b, interfaceB);
    for (const [namespace, name] of [[a, interfaceA] as const, [b, interfaceB] as const])
      namespace.run('ip', 'link', 'set', name, 'up');
  }

  /** Kills every process inside and deletes every namespace, without waiting. May be called again. */
  close(): void {
    this.#closed = true;
    process.off('exit', this.#atExit);
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
    for (const namespace of this.#namespaces.splice(0).reverse()) namespace.delete();
  }
}

/** What Namespace.run gives and takes beside the arguments. */
export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class Namespace {
  readonly #children = new Set<ChildProcess>();

  /** @param name as `ip netns` knows it; @param label what it was called by. */
  constructor(
    readonly name: string,
    readonly label: string,
  ) {}

  /** The bind mount: what `nsenter --net=` and a `netns:FILE` list take. */
  get path(): string {
    return `${DIRECTORY}/${this.name}`;
  }

  /** Runs a command inside to its end and returns what it printed; throws with its errors if it fails. */
  run(command: string, ...args: readonly string[]): string {
    return execute('nsenter', [`--net=${this.path}`, '--', command, ...args]);
  }

  /** Runs a command inside without blocking; resolves when it ended, whatever its exit code. */
  async execute(command: string, args: readonly string[], input?: string): Promise<RunResult> {
    const child = this.spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const output: [string, string] = ['', ''];
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      output[0] += text;
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      output[1] += text;
    });
    child.stdin!.on('error', () => {}); // it may end without reading
    child.stdin!.end(input ?? '');
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status) => resolve(status ?? -1));
    });
    return { code, stdout: output[0], stderr: output[1] };
  }

  /** Starts a command inside. The pid is the command's own; it is killed with the namespace. */
  spawn(command: string, args: readonly string[] = [], options: SpawnOptions = {}): ChildProcess {
    const argv = [`--net=${this.path}`, '--', command, ...args];
    const child = spawn('nsenter', argv, { env: plainEnvironment(), ...options });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** Sets a sysctl of this namespace: `sysctl('net.ipv4.tcp_syn_retries', 1)`. */
  sysctl(name: string, value: string | number): void {
    this.run('sysctl', '-q', '-w', `${name}=${value}`);
  }

  /** Adds a rule for both IP versions: `firewall('-A', 'INPUT', '-p', 'tcp', '--dport', '81', '-j', 'DROP')`. */
  firewall(...rule: readonly string[]): void {
    this.run('iptables', '-w', ...rule);
    this.run('ip6tables', '-w', ...rule);
  }

  /** The MAC address of an interface, as text. */
  mac(name = 'eth0'): string {
    const [link] = JSON.parse(this.run('ip', '-j', 'link', 'show', name)) as { address: string }[];
    return link!.address;
  }

  /** Pids of the processes inside. */
  pids(): number[] {
    const text = execute('ip', ['netns', 'pids', this.name]);
    return text.split('\n').filter(Boolean).map(Number);
  }

  /** Kills what is inside and removes the name. The devices go with it. */
  delete(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    deleteNamespace(this.name);
  }
}

/** The environment without what a test runner puts there for its own children: it would only slow others down. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...rest } = process.env;
  return rest;
}

export interface BridgeOptions {
  /** First three bytes of the IPv4 addresses; default 10.77.0. */
  readonly v4?: string;
  /** The first four groups of the IPv6 addresses; default fd77:: */
  readonly v6?: string;
}

export interface JoinOptions {
  /** Name of the interface in the member; default eth0. */
  readonly interface?: string;
  /** Last part of both addresses, 2 … 254; default: the next free one. */
  readonly host?: number;
  readonly mtu?: number;
}

/** One broadcast domain. */
export class Bridge {
  readonly #addresses = new Map<Namespace, { v4: string; v6: string }>();
  readonly #v4: string;
  readonly #v6: string;
  #ports = 0;
  #host = 1;

  constructor(
    readonly namespace: Namespace,
    options: BridgeOptions = {},
  ) {
    this.#v4 = options.v4 ?? '10.77.0';
    this.#v6 = options.v6 ?? 'fd77::';
    namespace.sysctl('net.ipv6.conf.default.disable_ipv6', 1);
    namespace.run('ip', 'link', 'add', 'br0', 'type', 'bridge', 'forward_delay', '0', 'stp_state', '0');
    namespace.run('ip', 'link', 'set', 'br0', 'up');
  }

  /** Plugs a namespace in and gives it its addresses; returns it. Works at once: no DAD, no STP delay. */
  join(member: Namespace, options: JoinOptions = {}): Namespace {
    const device = options.interface ?? 'eth0';
    const port = `p${++this.#ports}`;
    const host = options.host ?? ++this.#host;
    this.#host = Math.max(this.#host, host);
    const address = { v4: `${this.#v4}.${host}`, v6: `${this.#v6}${host.toString(16)}` };
    connect(member, device, this.namespace, port);
    this.namespace.run('ip', 'link', 'set', port, 'master', 'br0', 'up');
    if (options.mtu) member.run('ip', 'link', 'set', device, 'mtu', String(options.mtu));
    member.run('ip', 'addr', 'add', `${address.v4}/16`, 'dev', device);
    member.run('ip', 'addr', 'add', `${address.v6}/64`, 'dev', device, 'nodad');
    member.run('ip', 'link', 'set', device, 'up');
    this.#addresses.set(member, address);
    return member;
  }

  /** IPv4 address of a member. */
  v4(member: Namespace): string {
    return this.#of(member).v4;
  }

  /** IPv6 address of a member, in its canonical form. */
  v6(member: Namespace): string {
    return this.#of(member).v6;
  }

  #of(member: Namespace): { v4: string; v6: string } {
    const address = this.#addresses.get(member);
    if (!address) throw new Error(`${member.name} has not joined ${this.namespace.name}`);
    return address;
  }
}

/** Names of the namespaces that this process made and has not deleted; a test may assert that none is left. */
export function ownNamespaces(): string[] {
  return namespaces().filter((name) => Number(NAME.exec(name)?.[1]) === process.pid);
}

/** A veth pair made from inside one of its ends, so that neither passes through the host's namespace. */
function connect(a: Namespace, deviceA: string, b: Namespace, deviceB: string): void {
  const peer = ['peer', 'name', deviceB, 'netns', b.name];
  execute('ip', ['-n', a.name, 'link', 'add', deviceA, 'type', 'veth', ...peer]);
}

function namespaces(): string[] {
  return existsSync(DIRECTORY) ? readdirSync(DIRECTORY) : [];
}

/** Deletes the namespaces of processes that are gone. */
function sweep(): void {
  for (const name of namespaces()) {
    const pid = NAME.exec(name)?.[1];
    if (pid && !existsSync(`/proc/${pid}`)) deleteNamespace(name);
  }
}

function deleteNamespace(name: string): void {
  if (!existsSync(`${DIRECTORY}/${name}`)) return;
  try {
    for (const pid of execute('ip', ['netns', 'pids', name]).split('\n').filter(Boolean).map(Number))
      if (pid !== process.pid) process.kill(pid, 'SIGKILL');
  } catch {
    // a process that ended by itself in between
  }
  try {
    execute('ip', ['netns', 'del', name]);
  } catch {
    // another sweep was faster
  }
}

function execute(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error(`${command} ${args.join(' ')}: ${stderr?.trim() || message}`);
  }
}
