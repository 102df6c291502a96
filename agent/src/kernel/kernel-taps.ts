import type { InterfaceTap, InterfaceTaps, TapRequest } from '../watch/interface-tap.js';
import { KernelTap, type KernelTapTools } from './kernel-tap.js';
import type { NamespaceVisits, Place } from './node-kernel.js';
import { MOST_PODS } from './pod-numbers.js';

/** Pods whose time has come are looked at together, this often: a wake-up of a thread costs more than the look. Every other beat. */
const roundMs = 1_900;
/** Interfaces and addresses of a pod that is watched since not so long ago may still come; milliseconds. */
const youngMs = 10_000;
/** Pods that are not young are looked at each so many milliseconds, all together: the thread for it is started each time. */
const settledMs = 120_000;

export interface KernelTapsTools extends KernelTapTools {
  readonly visits: Pick<NamespaceVisits, 'look'>;
  /** Port: what interfaces and addresses the network of a process has; undefined when it is gone. */
  readonly networkMark: (pid: number) => string | undefined;
}

/** Taps that are programs in the kernel; the programs' maps bound how many pods there can be. */
export class KernelTaps implements InterfaceTaps {
  readonly most = MOST_PODS;
  readonly full = `kernel-maps: the programs know ${MOST_PODS} pods at most; select fewer`;
  /** Attempts to attach that failed, by reason. */
  readonly failures = new Map<string, number>();
  readonly #taps = new Set<KernelTap>();
  #roundMs = 0;
  #settledMs = 0;

  constructor(private readonly tools: KernelTapsTools) {}

  get free(): number {
    return this.tools.flows.free;
  }

  open(request: TapRequest): InterfaceTap | undefined {
    if (this.free === 0) return undefined;
    const tap: KernelTap = new KernelTap(this.tools, request, {
      failed: (reason) => this.failures.set(reason, (this.failures.get(reason) ?? 0) + 1),
      ended: () => this.#taps.delete(tap),
    });
    this.#taps.add(tap);
    return tap;
  }

  /** To be called a few times a second: looks for interfaces and addresses that have come or gone. */
  tick(): void {
    const nowMs = this.tools.clock.monotonicMs();
    if (nowMs - this.#roundMs < roundMs) return;
    this.#roundMs = nowMs;
    const all = nowMs - this.#settledMs >= settledMs;
    if (all) this.#settledMs = nowMs;
    void this.#look([...this.#taps].filter(({ startedMs }) => all || nowMs - startedMs < youngMs));
  }

  async #look(taps: readonly KernelTap[]): Promise<void> {
    const byPath: { tap: KernelTap; place: Place }[] = [];
    for (const tap of taps) {
      if (!tap.where) continue;
      const { inode, path, pid } = tap.where;
      if (pid !== undefined) tap.lastMark = this.tools.networkMark(pid);
      else if (path !== undefined) byPath.push({ tap, place: { inode, path } });
    }
    if (byPath.length === 0) return;
    const marks = await this.tools.visits.look(byPath.map(({ place }) => place)).catch(() => undefined);
    if (!marks) return;
    for (const [i, { tap, place }] of byPath.entries())
      if (tap.where?.inode === place.inode) tap.lastMark = marks[i];
  }
}
