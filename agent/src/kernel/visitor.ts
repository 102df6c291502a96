import { Worker } from 'node:worker_threads';
import { type ErrorCode, SnoopyError } from '@snoopy/proto';
import type { InterfaceInfo } from '../podtracer/interface-info.js';
import { keepHeapSmall } from '../small-heap.js';
import { NetworkSyscalls } from './network-syscalls.js';
import type { Attached, LinkKind, NamespaceVisits, Place } from './node-kernel.js';
import { VisitError } from './visit-error.js';
import type { VisitAnswer, VisitRequest } from './visitor-thread.js';
import { VisitorWork, type VisitPrograms } from './visitor-work.js';

/** The thread needs little; what V8 would take by default is many times that. */
const limits = {
  maxOldGenerationSizeMb: 16,
  maxYoungGenerationSizeMb: 2,
  codeRangeSizeMb: 16,
  stackSizeMb: 1,
};
/** Without work for so long the thread ends: it is 8 MiB. Starting it takes 30 ms. */
const idleMs = 10_000;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/**
 * Visits to namespaces. Attaching to an interface waits for every processor to have passed a quiet moment
 * (synchronize_rcu, 10–30 ms each time), and the namespace is that of the thread: so that is done on a thread that is
 * there while there is something to attach. A look takes a tenth of a millisecond and is made on this one.
 */
export class Visitor implements NamespaceVisits {
  readonly #here: VisitorWork;
  readonly #waiting = new Map<number, Waiting>();
  #thread: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #id = 0;
  #closed = false;

  constructor(private readonly programs: VisitPrograms) {
    this.#here = new VisitorWork(new NetworkSyscalls(), programs);
  }

  attach(netns: number, interfaceName: string, link: LinkKind): Promise<Attached> {
    return this.#ask('attach', netns, interfaceName, link) as Promise<Attached>;
  }

  adopt(netns: number): Promise<boolean> {
    return this.#ask('adopt', netns) as Promise<boolean>;
  }

  detach(links: readonly number[]): Promise<void> {
    return this.#ask('detach', links) as Promise<void>;
  }

  interfaces(netns: number): readonly InterfaceInfo[] {
    try {
      return this.#here.interfaces(netns);
    } catch (error) {
      throw error instanceof VisitError ? new SnoopyError(error.code as ErrorCode, error.message) : error;
    }
  }

  look(places: readonly Place[]): readonly (string | undefined)[] {
    return this.#here.look(places);
  }

  hasFilters(place: Place, index: number): boolean {
    return this.#here.hasFilters(place, index);
  }

  removeFilters(place: Place, index: number): void {
    this.#here.removeFilters(place, index);
  }

  close(): void {
    this.#closed = true;
    this.#end('it was closed');
  }

  #ask(call: VisitRequest['call'], ...args: readonly unknown[]): Promise<unknown> {
    if (this.#closed) return Promise.reject(new SnoopyError('INTERNAL', 'nothing is attached any more'));
    clearTimeout(this.#idle);
    this.#thread ??= this.#start();
    const thread = this.#thread;
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      thread.ref();
      thread.postMessage({ id, call, args } satisfies VisitRequest);
    });
  }

  #start(): Worker {
    const thread = new Worker(new URL('./visitor-thread.js', import.meta.url), {
      workerData: this.programs,
      execArgv: [], // what a test runner gives its processes would be loaded here too
      env: {},
      trackUnmanagedFds: false, // links and iterators come from bpf(2)
      resourceLimits: limits,
    });
    thread.once('online', keepHeapSmall);
    thread.on('message', (answer: VisitAnswer) => this.#take(answer));
    thread.on('error', (error) => this.#thread === thread && this.#end(error.message));
    thread.on('exit', () => this.#thread === thread && this.#end('it ended'));
    return thread;
  }

  #take({ id, result, failed }: VisitAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) {
      this.#thread?.unref();
      this.#idle = setTimeout(() => this.#end('it has nothing to do'), idleMs).unref();
    }
    if (failed) waiting?.reject(new SnoopyError(failed.code as ErrorCode, failed.message));
    else waiting?.resolve(result);
  }

  /** The thread is gone; the next request starts another. */
  #end(why: string): void {
    clearTimeout(this.#idle);
    void this.#thread?.terminate();
    this.#thread = undefined;
    const error = new SnoopyError('INTERNAL', `the thread that visits namespaces does not run: ${why}`);
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
