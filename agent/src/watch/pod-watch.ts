import { type PodRef, printable, SnoopyError } from '@snoopy/proto';
import type { PodInfo } from '../pods/pod-source.js';
import type { InterfaceInfo } from '../podtracer/interface-info.js';
import type { Podtracer } from '../podtracer/podtracer.js';
import { type Target, TargetError } from '../podtracer/target.js';
import type { InterfaceTap, InterfaceTaps } from './interface-tap.js';

export interface PodWatchTools {
  readonly podtracer: Pick<Podtracer, 'resolve'>;
  /** Interfaces of an opened pod, with addresses. */
  readonly interfaces: (target: Target) => Promise<readonly InterfaceInfo[]>;
  readonly taps: InterfaceTaps;
  /** Interfaces to watch; none: all but loopback. */
  readonly only: readonly string[];
  readonly hostNetwork: boolean;
}

/** How often it is looked whether an interface that is down has come up. */
const mostLooks = 5;

/** Everything about one pod that is, or may be, watched: its network once it was entered, its interfaces' captures. */
export class PodWatch {
  /** Interfaces that can be watched; undefined until the pod was entered. */
  interfaces: readonly InterfaceInfo[] | undefined;
  /** Why it could not be entered, a word and a sentence; empty if it could. */
  failure = '';
  /** Number of its network namespace; undefined until it was entered. */
  inode: number | undefined;
  /** It is being entered. */
  entering = false;

  readonly #tools: PodWatchTools;
  readonly #onChange: () => void;
  readonly #watches = new Map<string, InterfaceTap>();
  /** Of its interfaces and addresses, before they were listed the last time. */
  #mark: string | undefined;
  /** An interface is down that may come up, which the names do not tell: so many more looks are worth it. */
  #looks = 0;
  #lastNames = '';

  constructor(
    public info: PodInfo,
    tools: PodWatchTools,
    onChange: () => void,
  ) {
    this.#tools = tools;
    this.#onChange = onChange;
  }

  get watches(): Iterable<InterfaceTap> {
    return this.#watches.values();
  }

  /** Names of the interfaces that are watched. */
  get running(): string[] {
    return [...this.#watches.keys()];
  }

  /** Why some of it is not seen at the moment; empty if all is. */
  get trouble(): string {
    for (const watch of this.#watches.values()) {
      if (watch.trouble === '') continue;
      const blind = Math.round(watch.blindMs / 1_000);
      return `tool-failed: ${watch.name}: ${watch.trouble}; it is tried again, blind for ${blind} s so far`;
    }
    return '';
  }

  /** Enters the pod and looks which interfaces it has. Never throws; what went wrong is in `failure`. */
  async enter(): Promise<void> {
    if (this.entering) return;
    this.entering = true;
    let target: Target | undefined;
    try {
      target = await this.#open();
      const all = await this.#tools.interfaces(target);
      this.inode = target.inode;
      this.#seen(all);
      this.interfaces = all.filter((one) => this.#wanted(one));
      for (const one of this.interfaces) this.#watches.get(one.name)?.update(one);
      this.failure = '';
    } catch (error) {
      this.failure = reasonOf(error);
    } finally {
      target?.close();
      this.entering = false;
    }
    this.#onChange();
  }

  /**
   * Starts and ends captures so that just these interfaces are watched. Resolves when what had to end has, with the
   * number of captures that did.
   */
  async apply(names: readonly string[]): Promise<number> {
    const ending = [...this.#watches.values()].filter((watch) => !names.includes(watch.name));
    for (const watch of ending) this.#watches.delete(watch.name);
    for (const name of names) {
      const info = this.interfaces?.find((one) => one.name === name);
      if (info && !this.#watches.has(name)) this.#start(info);
    }
    await Promise.all(ending.map((watch) => watch.stop()));
    return ending.length;
  }

  /** To be called a few times a second. */
  tick(): void {
    for (const watch of this.#watches.values()) watch.tick();
  }

  /** Whether interfaces or addresses may have come or gone since they were listed, as far as that can be told cheaply. */
  interfacesChanged(): boolean {
    const now = [...this.#watches.values()].map((watch) => watch.mark()).find((one) => one !== undefined);
    if (now !== undefined && now === this.#mark) return this.#looks-- > 0;
    this.#mark = now;
    return true;
  }

  #seen(all: readonly InterfaceInfo[]): void {
    const names = all
      .map(({ name }) => name)
      .sort()
      .join();
    const allUp = all.every(({ up, loopback }) => up || loopback);
    if (allUp) this.#looks = 0;
    else if (names !== this.#lastNames) this.#looks = mostLooks;
    this.#lastNames = names;
  }

  async #open(): Promise<Target> {
    return this.#tools.podtracer.resolve(this.info, { allowHostNetwork: this.#tools.hostNetwork });
  }

  #start(info: InterfaceInfo): void {
    const { uid, namespace, name } = this.info;
    const pod: PodRef = { uid, namespace, name };
    const target = (): Promise<Target> => this.#open();
    const tap = this.#tools.taps.open({ pod, info, target, onChange: this.#onChange });
    if (tap) this.#watches.set(info.name, tap); // else the planner sees that and leaves it out
  }

  #wanted(info: InterfaceInfo): boolean {
    if (!info.up) return false;
    return this.#tools.only.length > 0 ? this.#tools.only.includes(info.name) : !info.loopback;
  }
}

function reasonOf(error: unknown): string {
  const word =
    error instanceof TargetError
      ? error.reason
      : error instanceof SnoopyError
        ? error.code.toLowerCase()
        : 'internal';
  return `${word}: ${printable((error as Error).message, 500)}`;
}
