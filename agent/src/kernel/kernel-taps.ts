import type { InterfaceTap, InterfaceTaps, TapRequest } from '../watch/interface-tap.js';
import { KernelTap, type KernelTapTools, type Whereabouts } from './kernel-tap.js';
import type { NamespaceVisits } from './node-kernel.js';
import { MOST_PODS } from './pod-numbers.js';

/** One pod's interfaces are listed again each so many milliseconds: twenty pods within two seconds. */
const lookMs = 100;

export interface KernelTapsTools extends KernelTapTools {
  readonly visits: Pick<NamespaceVisits, 'look'>;
  /** Port: names of the interfaces in the network of a process; undefined when it is gone. */
  readonly interfaceNames: (pid: number) => readonly string[] | undefined;
}

/** Taps that are programs in the kernel; the programs' maps bound how many pods there can be. */
export class KernelTaps implements InterfaceTaps {
  readonly most = MOST_PODS;
  readonly full = `kernel-maps: the programs know ${MOST_PODS} pods at most; select fewer`;
  readonly #taps = new Set<KernelTap>();
  #looked: KernelTap[] = [];
  #lookedMs = 0;

  constructor(private readonly tools: KernelTapsTools) {}

  get free(): number {
    return this.tools.flows.free;
  }

  open(request: TapRequest): InterfaceTap | undefined {
    if (this.free === 0) return undefined;
    const tap: KernelTap = new KernelTap(this.tools, request, () => this.#taps.delete(tap));
    this.#taps.add(tap);
    return tap;
  }

  /** To be called a few times a second: looks for interfaces that have come or gone, one pod after the other. */
  tick(): void {
    const nowMs = this.tools.clock.monotonicMs();
    for (; nowMs - this.#lookedMs >= lookMs; this.#lookedMs += lookMs) {
      if (nowMs - this.#lookedMs > 10 * lookMs) this.#lookedMs = nowMs - lookMs;
      if (this.#looked.length === 0) this.#looked = [...this.#taps];
      const tap = this.#looked.pop();
      if (tap?.where) void this.#look(tap, tap.where);
    }
  }

  async #look(tap: KernelTap, where: Whereabouts): Promise<void> {
    const names = await this.#names(where).catch(() => undefined);
    if (tap.where === where) tap.names = names;
  }

  async #names({ inode, path, pid }: Whereabouts): Promise<string | undefined> {
    if (pid !== undefined) return this.tools.interfaceNames(pid)?.join();
    return path === undefined ? undefined : this.tools.visits.look(path, inode);
  }
}
