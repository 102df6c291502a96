import type { FlowColumns, PodRef } from '@snoopy/proto';
import type { ExcludedLink, FlowTable } from '../flow/flow-table.js';
import type { InterfaceInfo } from '../podtracer/interface-info.js';
import type { Target } from '../podtracer/target.js';
import type { InterfaceTaps } from './interface-tap.js';

/** Port: network namespaces, by path, that are watched as soon as they are made; who claims them comes later. */
export interface EarlyWatch {
  appeared(path: string): void;
  gone(path: string): void;
  /** It is that pod's; what was seen so far is told. */
  claim(path: string, pod: PodRef): void;
  /** It is a pod's that is not watched; nothing is told. */
  dismiss(path: string): void;
}

/** Port: tells when there is something to take, so that nobody need look for it. */
export interface Bell {
  /** Calls `done` when there is, or after so many milliseconds; nobody may wait already. */
  wait(ms: number, done: () => void): void;
  /** Whoever waits is called at once. */
  end(): void;
}

/** What an engine that counts in the kernel does there; totals are since its start. */
export interface KernelWork {
  readonly maps: readonly { readonly map: string; readonly entries: number; readonly capacity: number }[];
  /** Passes over maps; seconds inside the kernel, and those of the longest single read. */
  readonly passes: readonly PassWork[];
  /** Records that were taken, by where they came from. */
  readonly records: ReadonlyMap<string, number>;
  readonly attachFailures: ReadonlyMap<string, number>;
  /** Where the kernel counts runs. */
  readonly programs: readonly ProgramRuns[];
}

export interface PassWork {
  readonly map: string;
  readonly passes: number;
  readonly seconds: number;
  readonly longestSeconds: number;
}

export interface ProgramRuns {
  readonly program: string;
  readonly runs: number;
  readonly seconds: number;
}

/** Port: what counts flows, whichever way. Rows come out of it, taps say where it looks. */
export interface FlowEngine {
  readonly kind: 'kernel' | 'packets';
  /** Why it is this one: a sentence. */
  readonly why: string;
  readonly taps: InterfaceTaps;
  /** What is decoded in user space is counted in here. */
  readonly table: FlowTable;
  /** Lists the interfaces of a pod that was opened, with addresses. */
  interfaces(target: Target): Promise<readonly InterfaceInfo[]>;
  /** Connections and flows that are remembered, and that fit. */
  readonly live: number;
  readonly capacity: number;
  /** Of an engine that counts in the kernel. */
  readonly work?: KernelWork;
  /** Lets time pass. */
  advance(nowUs: number): void;
  /** Where what comes can be waited for. */
  readonly bell?: Bell;
  /** Where it can watch a pod before its first packet. */
  readonly early?: EarlyWatch;
  /** Clears `columns` and fills it with rows that are due; returns whether more are. */
  drain(columns: FlowColumns, nowUs: number, budgetRows: number): boolean;
  /** Snoopy's own links from now on; the whole list. */
  setExcluded(links: readonly ExcludedLink[]): void;
  /** How often tick() is to be called, and that of the taps, milliseconds. */
  readonly tickMs: number;
  tick(): void;
  /** What was lost since the last call goes into the ledger. */
  collect(): void;
  /** Gives memory back that is free already; to be called when there is nothing to do. */
  trim(): void;
  /** Everything ends: the next drains give the last rows of all. */
  shutdown(): void;
  /** Frees everything. */
  close(): void;
}
