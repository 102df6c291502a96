import { closeSync, existsSync, fstatSync, openSync } from 'node:fs';
import { release } from 'node:os';
import type { Namespace } from '@snoopy/scripts/rig/netns';
import type { Test } from 'tap';
import { FlowTable } from '../../src/flow/flow-table.js';
import { type Attachment, KernelFlows } from '../../src/kernel/kernel-flows.js';
import { Libbpf } from '../../src/kernel/libbpf.js';
import { NetworkSyscalls } from '../../src/kernel/network-syscalls.js';
import type { LinkKind, ProgramSizes } from '../../src/kernel/node-kernel.js';
import { programFiles } from '../../src/kernel/program-files.js';
import { type KernelWays, Programs } from '../../src/kernel/programs.js';
import { Visitor } from '../../src/kernel/visitor.js';
import { drainAll, type Row } from '../flow/rows.js';

const sizes: ProgramSizes = {
  connections: 16_384,
  flows4: 4_096,
  flows6: 1_024,
  tcpFlows: 1_024,
  rowRingBytes: 4 << 20,
  frameRingBytes: 1 << 20,
  helloRingBytes: 256 << 10,
};

/** Why the programs cannot be tested on this machine; false when they can. */
export function whyNot(): string | false {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  if (major * 1_000 + minor < 6_006) return `Linux ${release()} has no TCX; that takes 6.6`;
  if (!existsSync('/sys/kernel/btf/vmlinux')) return 'the kernel has no BTF';
  try {
    programFiles();
    new Libbpf();
    return false;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The real programs, loaded, and everything that turns what they say into rows. */
export class KernelRig {
  readonly rows: Row[] = [];
  /** What was lost, by `stage reason unit`. */
  readonly lost: Record<string, number> = {};
  readonly programs: Programs;
  readonly visits: Visitor;
  readonly flows: KernelFlows;
  readonly table = new FlowTable({ memoryBytes: 4 << 20, seed: 7 });

  constructor(t: Test, more: Partial<ProgramSizes> = {}, ways?: KernelWays) {
    const all = { ...sizes, ...more };
    this.programs = new Programs(new Libbpf(), new NetworkSyscalls(), programFiles(), all, ways);
    this.visits = new Visitor(this.programs.forVisits);
    const ledger = {
      decoded: () => {},
      lost: (stage: string, reason: string, unit: string, count: number) => {
        const key = `${stage} ${reason} ${unit.replace('LOSS_UNIT_', '').toLowerCase()}`;
        this.lost[key] = (this.lost[key] ?? 0) + count;
      },
    };
    const monotonicUs = (): number => Number(process.hrtime.bigint() / 1_000n);
    this.flows = new KernelFlows(this.programs, this.visits, this.table, ledger, monotonicUs);
    t.teardown(() => this.flows.close());
  }

  /** Watches an interface of a namespace; rows call the pod by the namespace's label. */
  async watch(
    namespace: Namespace,
    interfaceName = 'eth0',
    link: LinkKind = 'ethernet',
  ): Promise<Attachment> {
    const netns = openSync(namespace.path, 'r');
    const { label } = namespace;
    try {
      const pod = { uid: `uid-${label}`, namespace: 'test', name: label };
      const place = { path: namespace.path, inode: fstatSync(netns).ino };
      return await this.flows.attach({ pod, netns, place, interface: interfaceName, link, addresses: [] });
    } finally {
      closeSync(netns);
    }
  }

  /** Lets time pass until now, and takes what is due. @param nowUs to make passes due that are not yet */
  poll(nowUs = Date.now() * 1_000): void {
    this.flows.advance(nowUs);
    this.rows.push(...drainAll(this.flows, nowUs));
    this.flows.collect();
  }

  /** Takes everything that there is: a full pass over all maps. */
  readAll(): void {
    this.#ahead += 5_000_000;
    this.poll(Date.now() * 1_000 + this.#ahead);
    this.poll(Date.now() * 1_000 + this.#ahead);
  }

  #ahead = 0;

  /** Polls until something holds of the rows so far. */
  async until(what: string, holds: (rows: readonly Row[]) => boolean, seconds = 10): Promise<void> {
    const end = performance.now() + seconds * 1_000;
    for (this.poll(); !holds(this.rows); this.poll()) {
      if (performance.now() > end) throw new Error(`not within ${seconds} s: ${what}\n${tell(this.rows)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Rows of a pod, of TCP unless said otherwise. */
  of(namespace: Namespace, protocol = 'tcp'): Row[] {
    return this.rows.filter((row) => row.pod === namespace.label && row.protocol === protocol);
  }
}

/** Rows by local and peer port: one list for each connection. */
export function byConnection(rows: readonly Row[]): Row[][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = `${row.pod} ${row.local}:${row.localPort} ${row.peer}:${row.peerPort} ${row.clientIsn}`;
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return [...groups.values()];
}

/** What rows of one connection say together. */
export function sum(rows: readonly Row[], side: 'sent' | 'received', what: keyof Row['sent']): number {
  return rows.reduce((total, row) => total + row[side][what], 0);
}

/** For messages: rows, one a line. */
export function tell(rows: readonly Row[]): string {
  return rows
    .map(
      (row) =>
        `${row.pod} ${row.protocol} ${row.local}:${row.localPort} ${row.peer}:${row.peerPort} ${row.reason} ` +
        `${row.outcome}${row.final ? '!' : ''} ${row.closed} ${row.opened ? 'opened ' : ''}` +
        `sent ${row.sent.packets}/${row.sent.payload} received ${row.received.packets}/${row.received.payload}`,
    )
    .join('\n');
}
