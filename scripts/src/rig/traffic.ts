import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Namespace } from './netns.js';
import type { Acts } from './traffic/acts.js';

/*
 * Makes traffic inside a namespace: one node process per actor, told what to do over its IPC channel.
 *
 *   const web = await Actor.start(namespace);
 *   await web.do('httpServe', { port: 80 });
 *   const { outcome, localPort } = await client.do('tcpConnect', { host, port: 80, sendBytes: 100 });
 *
 * Acts (rig/traffic/*.ts): httpServe httpGet, tcpServe tcpConnect, udpServe udpCounts udpSend, dnsServe dnsAsk,
 * close. What was sent is what the result says: tests compare it with what Snoopy saw.
 */

const PROGRAM = fileURLToPath(new URL('./traffic/main.js', import.meta.url));

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export class Actor {
  readonly #waiting = new Map<number, Waiting>();
  #id = 0;

  private constructor(
    readonly namespace: Namespace,
    readonly child: ChildProcess,
  ) {
    child.on('message', (message) => this.#settle(message as Reply));
    child.once('exit', (code, signal) => this.#ended(`its process ended (${signal ?? code})`));
    child.once('error', (error) => this.#ended(error.message));
    this.#hold(false);
  }

  /** Starts the process and waits until it listens to us. It ends with the namespace, or by stop(). */
  static async start(namespace: Namespace): Promise<Actor> {
    const child = namespace.spawn(process.execPath, [PROGRAM], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const actor = new Actor(namespace, child);
    await actor.do('ping', {});
    return actor;
  }

  /** Lets the process perform an act; resolves with its result, rejects with its error. */
  do<K extends keyof Acts>(act: K, options: Parameters<Acts[K]>[0]): Promise<Awaited<ReturnType<Acts[K]>>> {
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#hold(true);
      this.child.send({ id, act, options }, (error) => {
        if (error) this.#settle({ id, error: error.message });
      });
    });
  }

  /** Ends the process; its sockets close as a killed process's do. */
  stop(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.child.kill(signal);
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#hold(false);
    if (reply.error === undefined) waiting?.resolve(reply.result);
    else waiting?.reject(new Error(`in ${this.namespace.label}: ${reply.error}`));
  }

  /** An idle actor must not keep a test's process alive; a call that waits must. */
  #hold(on: boolean): void {
    if (on) this.child.ref();
    else this.child.unref();
    if (on) this.child.channel?.ref();
    else this.child.channel?.unref();
  }

  #ended(why: string): void {
    for (const id of [...this.#waiting.keys()]) this.#settle({ id, error: why });
  }
}
