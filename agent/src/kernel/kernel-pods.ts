import type { PodRef } from '@snoopy/proto';
import type { CaptureOptions } from '../flow/flow-table.js';
import type { NodeKernel } from './node-kernel.js';
import { PodFlag, PodNumbers, slotOf } from './pod-numbers.js';

/** Last rows of a pod that is gone are still taken for so long; until then a full pass has been. */
const graceUs = 10_000_000;

/** What the pods need of the flow table. */
export interface Captures {
  addCapture(capture: CaptureOptions): number;
  setAddresses(captureId: number, addresses: readonly Uint8Array[]): void;
  removeCapture(captureId: number): void;
}

/** A pod that is watched on at least one interface, or was until just now. */
export interface WatchedPod {
  /** Undefined while nobody has said whose the namespace is. */
  pod: PodRef | undefined;
  captureId: number | undefined;
  readonly number: number;
  readonly cookie: bigint;
  /** Interfaces. */
  users: number;
  loopback: boolean;
  adopted: boolean;
  /** Infinity while it is watched. */
  endUs: number;
}

/** The pods by the numbers that the programs know, and the programs' maps that say so. */
export class KernelPods {
  readonly #numbers = new PodNumbers();
  readonly #byNumber = new Map<number, WatchedPod>();
  readonly #byCookie = new Map<bigint, WatchedPod>();

  constructor(
    private readonly kernel: NodeKernel,
    private readonly captures: Captures,
  ) {}

  /** How many more can be watched. */
  get free(): number {
    return this.#numbers.free;
  }

  get(number: number): WatchedPod | undefined {
    return this.#byNumber.get(number);
  }

  /**
   * Another interface of the pod whose namespace has that cookie; undefined when no number is left.
   *
   * @param options without them nobody knows whose namespace it is, which name() says later
   */
  join(cookie: bigint, options?: CaptureOptions): WatchedPod | undefined {
    const known = this.#byCookie.get(cookie);
    if (known) {
      known.users++;
      return known;
    }
    const number = this.#numbers.take();
    if (number === undefined) return undefined;
    const captureId = options && this.captures.addCapture(options);
    const endUs = Number.POSITIVE_INFINITY;
    const pod = options?.pod;
    const fresh = { pod, number, cookie, captureId, users: 1, loopback: false, adopted: false, endUs };
    this.#byNumber.set(number, fresh);
    this.#byCookie.set(cookie, fresh);
    this.kernel.setSlot(slotOf(number), number);
    this.tell(fresh);
    return fresh;
  }

  /** Whose namespace it is; does nothing when that is known. */
  name(watched: WatchedPod, options: CaptureOptions): void {
    if (watched.pod) return;
    watched.pod = options.pod;
    watched.captureId = this.captures.addCapture(options);
  }

  /** Tells the programs what is known about the pod. */
  tell(watched: WatchedPod): void {
    if (watched.users === 0) return;
    const flags = (watched.loopback ? PodFlag.loopback : 0) | (watched.adopted ? PodFlag.adopted : 0);
    this.kernel.setPod(watched.cookie, watched.number | flags);
  }

  /** An interface less. Returns whether it was the pod's last: then the next full pass gives its last rows. */
  leave(watched: WatchedPod, nowUs: number): boolean {
    if (--watched.users > 0) return false;
    this.#byCookie.delete(watched.cookie);
    this.kernel.deletePod(watched.cookie);
    this.kernel.setSlot(slotOf(watched.number), 0);
    watched.endUs = nowUs + graceUs;
    return true;
  }

  /** Forgets pods that are gone for long enough. */
  forget(nowUs: number): void {
    for (const { number, captureId, endUs } of this.#byNumber.values()) {
      if (endUs > nowUs) continue;
      if (captureId !== undefined) this.captures.removeCapture(captureId);
      this.#byNumber.delete(number);
      this.#numbers.give(number);
    }
  }
}
