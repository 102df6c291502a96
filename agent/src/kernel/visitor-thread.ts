import { parentPort, workerData } from 'node:worker_threads';
import { NetworkSyscalls } from './network-syscalls.js';
import { VisitError } from './visit-error.js';
import type { VisitPrograms } from './visitor-work.js';
import { VisitorWork } from './visitor-work.js';

/** What the main thread asks, and what it gets. */
export interface VisitRequest {
  readonly call:
    | 'attach'
    | 'attachAt'
    | 'adopt'
    | 'detach'
    | 'meet'
    | 'interfaces'
    | 'interfacesAt'
    | 'look'
    | 'hasFilters'
    | 'removeFilters';
  readonly args: readonly unknown[];
}

export interface VisitAnswer {
  readonly result?: unknown;
  readonly failed?: { readonly code: string; readonly message: string };
}

const work = new VisitorWork(new NetworkSyscalls(), workerData as VisitPrograms);

function answer({ call, args }: VisitRequest): VisitAnswer {
  try {
    const run = work[call].bind(work) as (...args: readonly unknown[]) => unknown;
    return { result: run(...args) };
  } catch (error) {
    const code = error instanceof VisitError ? error.code : 'INTERNAL';
    return { failed: { code, message: (error as Error).message } };
  }
}

parentPort?.on('message', (request: VisitRequest) => parentPort?.postMessage(answer(request)));
