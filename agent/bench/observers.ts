import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Namespace } from '@snoopy/scripts/rig/netns';
import { AgentProcess, listed } from '../test/fakes/agent-process.js';
import { FakeAggregator, until } from '../test/fakes/aggregator.js';
import { treeCpuSeconds } from './process-tree.js';

/** Every observer's packet ring, KiB. */
export const ringKiB = 16_384;
/** The core that observers run on; the traffic has the other one. */
const core = '1';

/** Something that watches eth0 of a namespace. */
export interface Observer {
  readonly name: string;
  start(pod: Namespace): Promise<void>;
  /** CPU seconds so far, of all its processes. */
  cpuSeconds(): number;
  /** Packets that the kernel dropped on its way there so far; undefined if it does not tell. */
  dropped(): Promise<number | undefined>;
  stop(): Promise<void>;
}

/** The agent as it ships, with everything it does for a packet up to the encoded batch that leaves. */
export class SnoopyAgent implements Observer {
  readonly name = 'snoopy-agent';
  readonly #aggregator = new FakeAggregator();
  readonly #agent = new AgentProcess();

  async start(pod: Namespace): Promise<void> {
    this.#aggregator.keepRows = false;
    await this.#aggregator.start();
    this.#agent.list([listed(pod)]);
    this.#agent.startOn(
      core,
      this.#aggregator.address,
      '--packet-ring',
      `${ringKiB}KiB`,
      '--packet-memory',
      '32MiB',
    );
    await until('the pod is watched', () => this.#aggregator.report?.packetRings === 1);
    await sleep(300);
  }

  cpuSeconds(): number {
    return treeCpuSeconds(this.#agent.pid);
  }

  async dropped(): Promise<number> {
    const reports = this.#aggregator.reports.length;
    await until('a report', () => this.#aggregator.reports.length > reports, 7);
    return (this.#aggregator.report?.lost ?? []).reduce((sum, one) => sum + Number(one.count), 0);
  }

  async stop(): Promise<void> {
    await this.#agent.stop();
    this.#aggregator.stop();
  }
}

/** A program that runs in the foreground inside the namespace. */
abstract class Program implements Observer {
  abstract readonly name: string;
  protected stderr = '';
  protected child: ChildProcess | undefined;

  abstract dropped(): Promise<number | undefined>;
  protected abstract command(): readonly string[];

  /** @param pinned to a core of its own */
  async start(pod: Namespace, pinned = true): Promise<void> {
    const [program, ...args] = pinned ? ['taskset', '-c', core, ...this.command()] : this.command();
    const child = pod.spawn(program!, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr!.on('data', (text: Buffer) => {
      this.stderr += text.toString();
    });
    this.child = child;
    await sleep(700);
    if (child.exitCode !== null) throw new Error(`${this.name} does not run: ${this.stderr}`);
  }

  cpuSeconds(): number {
    return treeCpuSeconds(this.child!.pid!);
  }

  async stop(): Promise<void> {
    if (this.child?.exitCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}

export class Tcpdump extends Program {
  readonly name = 'tcpdump -w /dev/null';

  async dropped(): Promise<number> {
    this.stderr = '';
    this.child!.kill('SIGUSR1');
    await until('its counters', () => /dropped by kernel/.test(this.stderr));
    return Number(/(\d+) packets? dropped by kernel/.exec(this.stderr)?.[1]);
  }

  protected command(): readonly string[] {
    return ['tcpdump', '-i', 'eth0', '--nano', '-nn', '-s', '384', '-B', `${ringKiB}`, '-w', '/dev/null'];
  }
}

export class Softflowd extends Program {
  readonly name = 'softflowd';
  readonly #socket = `/run/snoopy-bench-${process.pid}.ctl`;

  async dropped(): Promise<number> {
    const child = spawn('softflowctl', ['-c', this.#socket, 'statistics'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    await once(child, 'close');
    return Number(/dropped by libpcap: *(\d+)/.exec(text)?.[1] ?? Number.NaN);
  }

  protected command(): readonly string[] {
    const pid = `/run/snoopy-bench-${process.pid}.pid`;
    const files = ['-p', pid, '-c', this.#socket];
    return [
      'softflowd',
      '-d',
      '-i',
      'eth0',
      '-n',
      '127.0.0.1:9995',
      '-m',
      '200000',
      '-B',
      `${ringKiB * 1_024}`,
      ...files,
    ];
  }
}

export class Fprobe extends Program {
  readonly name = 'fprobe';

  async dropped(): Promise<undefined> {
    return undefined;
  }

  protected command(): readonly string[] {
    return ['fprobe', '-i', 'eth0', '-B', `${ringKiB}`, '-l', '2', '127.0.0.1:9995'];
  }
}
