import { Worker } from 'node:worker_threads';
import { type ErrorCode, SnoopyError } from '@snoopy/proto';
import type { InterfaceInfo } from '../podtracer/interface-info.js';
import { keepHeapSmall } from '../small-heap.js';
import type { Attached, LinkKind, Met, NamespaceVisits, Place } from './node-kernel.js';
import type { VisitAnswer, VisitRequest } from './visitor-thread.js';
import type { VisitPrograms } from './visitor-work.js';

/** The thread needs little; what V8 would take by default is many times that. */
const limits = {
  maxOldGenerationSizeMb: 16,
  maxYoungGenerationSizeMb: 2,
  codeRangeSizeMb: 16,
  stackSizeMb: 1,
};
/** Without work for so long the thread ends: it is 8 MiB. Starting it takes 30 ms. */
const idleMs = 5_000;

interface Waiting extends VisitRequest {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/**
 * The thread that enters namespaces, there while there is something to do. Not the main thread: what /proc says of a
 * process is what holds for that one, so whoever ends everything that runs in a pod's network would end the agent; and
 * attaching to an interface waits for every processor to have passed a quiet moment (synchronize_rcu, 10–30 ms each time).
 * What only looks goes before what attaches.
 */
export class Visitor implements NamespaceVisits {
  readonly #quick: Waiting[] = [];
  readonly #slow: Waiting[] = [];
  #asked: Waiting | undefined;
  #thread: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(private readonly programs: VisitPrograms) {}

  attach(netns: number, interfaceName: string, link: LinkKind): Promise<Attached> {
    return this.#ask(this.#slow, 'attach', netns, interfaceName, link) as Promise<Attached>;
  }

  attachAt(place: Place, interfaceName: string, link: LinkKind): Promise<Attached> {
    return this.#ask(this.#slow, 'attachAt', place, interfaceName, link) as Promise<Attached>;
  }

  adopt(netns: number): Promise<boolean> {
    return this.#ask(this.#slow, 'adopt', netns) as Promise<boolean>;
  }

  async release(place: Place, { links, index }: Attached): Promise<void> {
    if (index !== 0) await this.#ask(this.#quick, 'removeFilters', place, index).catch(() => {});
    else void this.#ask(this.#slow, 'detach', links).catch(() => {});
  }

  hasFilters(place: Place, index: number): Promise<boolean> {
    return this.#ask(this.#quick, 'hasFilters', place, index) as Promise<boolean>;
  }

  meet(path: string): Promise<Met | undefined> {
    return this.#ask(this.#quick, 'meet', path) as Promise<Met | undefined>;
  }

  interfaces(netns: number): Promise<readonly InterfaceInfo[]> {
    return this.#ask(this.#quick, 'interfaces', netns) as Promise<readonly InterfaceInfo[]>;
  }

  interfacesAt(place: Place): Promise<readonly InterfaceInfo[] | undefined> {
    return this.#ask(this.#quick, 'interfacesAt', place) as Promise<readonly InterfaceInfo[] | undefined>;
  }

  look(places: readonly Place[]): Promise<readonly (string | undefined)[]> {
    return this.#ask(this.#quick, 'look', places) as Promise<readonly (string | undefined)[]>;
  }

  close(): void {
    this.#closed = true;
    this.#end('it was closed');
  }

  #ask(queue: Waiting[], call: VisitRequest['call'], ...args: readonly unknown[]): Promise<unknown> {
    if (this.#closed) return Promise.reject(new SnoopyError('INTERNAL', 'nothing is attached any more'));
    return new Promise((resolve, reject) => {
      queue.push({ call, args, resolve, reject });
      if (!this.#asked) this.#next();
    });
  }

  #next(): void {
    this.#asked = this.#quick.shift() ?? this.#slow.shift();
    clearTimeout(this.#idle);
    if (!this.#asked) {
      this.#thread?.unref();
      this.#idle = setTimeout(() => this.#end('it has nothing to do'), idleMs).unref();
      return;
    }
    const { call, args } = this.#asked;
    this.#thread ??= this.#start();
    this.#thread.ref();
    this.#thread.postMessage({ call, args } satisfies VisitRequest);
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

  #take({ result, failed }: VisitAnswer): void {
    const asked = this.#asked;
    this.#next();
    if (failed) asked?.reject(new SnoopyError(failed.code as ErrorCode, failed.message));
    else asked?.resolve(result);
  }

  /** The thread is gone; the next request starts another. */
  #end(why: string): void {
    clearTimeout(this.#idle);
    void this.#thread?.terminate();
    this.#thread = undefined;
    const error = new SnoopyError('INTERNAL', `the thread that visits namespaces does not run: ${why}`);
    const waiting = [
      ...(this.#asked ? [this.#asked] : []),
      ...this.#quick.splice(0),
      ...this.#slow.splice(0),
    ];
    this.#asked = undefined;
    for (const { reject } of waiting) reject(error);
  }
}
