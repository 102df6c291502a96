import { Worker } from 'node:worker_threads';
import { type ErrorCode, SnoopyError } from '@snoopy/proto';
import type { Attached, LinkKind, NamespaceVisits } from './node-kernel.js';
import type { VisitAnswer, VisitRequest } from './visitor-thread.js';
import type { VisitPrograms } from './visitor-work.js';

/** The thread needs little; what V8 would take by default is many times that. */
const limits = {
  maxOldGenerationSizeMb: 16,
  maxYoungGenerationSizeMb: 2,
  codeRangeSizeMb: 16,
  stackSizeMb: 1,
};

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/**
 * The thread that enters namespaces: attaching to an interface waits for every processor to have passed a quiet moment
 * (synchronize_rcu, 10–30 ms each time), and the namespace is that of the thread.
 */
export class Visitor implements NamespaceVisits {
  readonly #thread: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #id = 0;
  #over: SnoopyError | undefined;

  constructor(programs: VisitPrograms) {
    this.#thread = new Worker(new URL('./visitor-thread.js', import.meta.url), {
      workerData: programs,
      execArgv: [], // what a test runner gives its processes would be loaded here too
      env: {},
      trackUnmanagedFds: false, // links and iterators come from bpf(2)
      resourceLimits: limits,
    });
    this.#thread.unref();
    this.#thread.on('message', (answer: VisitAnswer) => this.#take(answer));
    this.#thread.on('error', (error) => this.#fail(error.message));
    this.#thread.on('exit', () => this.#fail('it ended'));
  }

  attach(netns: number, interfaceName: string, link: LinkKind): Promise<Attached> {
    return this.#ask('attach', netns, interfaceName, link) as Promise<Attached>;
  }

  adopt(netns: number): Promise<boolean> {
    return this.#ask('adopt', netns) as Promise<boolean>;
  }

  look(path: string, inode: number): Promise<string | undefined> {
    return this.#ask('look', path, inode) as Promise<string | undefined>;
  }

  detach(links: readonly number[]): Promise<void> {
    return this.#ask('detach', links) as Promise<void>;
  }

  close(): void {
    void this.#thread.terminate();
  }

  #ask(call: VisitRequest['call'], ...args: readonly unknown[]): Promise<unknown> {
    if (this.#over) return Promise.reject(this.#over);
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#thread.ref();
      this.#thread.postMessage({ id, call, args } satisfies VisitRequest);
    });
  }

  #take({ id, result, failed }: VisitAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#thread.unref();
    if (failed) waiting?.reject(new SnoopyError(failed.code as ErrorCode, failed.message));
    else waiting?.resolve(result);
  }

  #fail(why: string): void {
    this.#over ??= new SnoopyError('INTERNAL', `the thread that visits namespaces does not run: ${why}`);
    for (const { reject } of this.#waiting.values()) reject(this.#over);
    this.#waiting.clear();
  }
}
