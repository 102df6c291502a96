import type { Clock, Log } from '@snoopy/proto';
import type { AgentConfig } from './config.js';
import { FlowTable } from './flow/flow-table.js';
import { KernelEngine } from './kernel/kernel-engine.js';
import { Libbpf } from './kernel/libbpf.js';
import { kernelMemory } from './kernel/memory-plan.js';
import { NetworkSyscalls } from './kernel/network-syscalls.js';
import { kernelRelease, programFiles } from './kernel/program-files.js';
import { Programs } from './kernel/programs.js';
import { Visitor } from './kernel/visitor.js';
import type { Podtracer } from './podtracer/podtracer.js';
import type { FlowEngine } from './watch/flow-engine.js';
import { networkMark } from './watch/network-mark.js';
import { PacketEngine } from './watch/packet-engine.js';
import type { RingBudget } from './watch/ring-budget.js';
import type { PacketLedger } from './watch/run-account.js';

export interface EngineOptions {
  readonly config: AgentConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly seed: number;
  readonly podtracer: Podtracer;
  readonly rings: RingBudget;
  readonly ringKiB: number;
  readonly ledger: PacketLedger;
}

/**
 * What counts flows, as --flows says: the kernel, packets, or (auto) the kernel where it can and packets elsewhere. Says
 * which and why. Throws SnoopyError when it must be the kernel and cannot.
 */
export function openEngine(options: EngineOptions): FlowEngine {
  const engine = choose(options);
  if (options.config.flows !== 'off')
    options.log.info({ flows: engine.kind, why: engine.why }, 'how flows are counted');
  return engine;
}

function choose(options: EngineOptions): FlowEngine {
  const mode = options.config.flows;
  if (mode === 'packets' || mode === 'off') return packetEngine(options, `--flows ${mode}`);
  if (mode === 'kernel') return kernelEngine(options, '--flows kernel');
  try {
    return kernelEngine(options, `--flows auto: Linux ${kernelRelease()} has what it takes`);
  } catch (error) {
    return packetEngine(options, `--flows auto, and the kernel cannot: ${(error as Error).message}`);
  }
}

function packetEngine({ config, seed, ...tools }: EngineOptions, why: string): FlowEngine {
  const table = new FlowTable({ memoryBytes: config['flow-memory'], seed });
  return new PacketEngine(table, { ...tools, networkMark: networkMarkOf }, why);
}

function kernelEngine({ config, seed, ledger, clock }: EngineOptions, why: string): FlowEngine {
  const { tableBytes, ...sizes } = kernelMemory(config['flow-memory']);
  const kernel = new Programs(new Libbpf(), new NetworkSyscalls(), programFiles(), sizes, {
    attach: config['kernel-attach'],
    tcp: config['kernel-tcp'],
  });
  const visits = new Visitor(kernel.forVisits);
  const table = new FlowTable({ memoryBytes: tableBytes, seed });
  const monotonicUs = (): number => Number(process.hrtime.bigint() / 1_000n);
  const tools = { kernel, visits, table, ledger, clock, monotonicUs, networkMark: networkMarkOf };
  return new KernelEngine(tools, `${why}; ${kernel.how}`);
}

function networkMarkOf(pid: number): string | undefined {
  return networkMark(`/proc/${pid}/net`);
}
