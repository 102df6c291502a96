import type { PodRef } from '@snoopy/proto';
import type { InterfaceInfo } from '../podtracer/interface-info.js';
import type { EarlyWatch } from '../watch/flow-engine.js';
import { type Attached, type LinkKind, linkOf, type NamespaceVisits, type Place } from './node-kernel.js';

/** Without a pod that claims it for so long, a namespace is nobody's that is watched. Runtimes name pods within seconds. */
const claimMs = 30_000;
/** A claimed one is taken over by the pod's own taps within so long, or its pod is gone. */
const takeMs = 10_000;
/** The first interface comes some 20 ms after the namespace, others soon after; later ones the pod's own taps see. */
const lookMs = 10;
const lookSlowlyMs = 200;
const lookForMs = 5_000;

/** What is needed of the flows' side. */
export interface EarlyFlows {
  /** Watches a namespace of which nobody knows whose it is; rows are held. Undefined when there are too many. */
  openEarly(cookie: bigint): number | undefined;
  /** Says whose it is. */
  nameEarly(number: number, pod: PodRef, interfaces: readonly InterfaceInfo[]): void;
  /** Watches it no longer for this. */
  closeEarly(number: number): void;
}

interface Entry {
  readonly place: Place;
  readonly number: number;
  readonly sinceMs: number;
  /** By name of the interface. */
  readonly attached: Map<string, Attached>;
  /** Under way, or made, by name. */
  readonly attaching: Map<string, Promise<void>>;
  interfaces: readonly InterfaceInfo[];
  pod: PodRef | undefined;
  untilMs: number;
  over: boolean;
}

/**
 * Namespaces that were noticed as they were made, before the runtime says which pod has them: watched at once, so that
 * the first packet of the first container counts. What comes is held until the pod is named; the pod's own taps take the
 * links over. A namespace that no watched pod claims is let go, and nothing is told of it.
 */
export class EarlyPods implements EarlyWatch {
  readonly #entries = new Map<string, Entry>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    private readonly flows: EarlyFlows,
    private readonly visits: NamespaceVisits,
    private readonly monotonicMs: () => number,
  ) {}

  appeared(path: string): void {
    void this.#open(path).catch(() => {}); // it is gone again, or the pod's own tap says what is wrong
  }

  async #open(path: string): Promise<void> {
    const before = this.#entries.get(path);
    if (before) this.#end(before);
    const met = await this.visits.meet(path);
    if (this.#closed || this.#entries.has(path)) return;
    const number = met && this.flows.openEarly(met.cookie);
    if (!met || number === undefined) return;
    const nowMs = this.monotonicMs();
    this.#entries.set(path, {
      place: { path, inode: met.inode },
      number,
      sinceMs: nowMs,
      attached: new Map(),
      attaching: new Map(),
      interfaces: [],
      pod: undefined,
      untilMs: nowMs + claimMs,
      over: false,
    });
    await this.#look();
  }

  gone(path: string): void {
    const entry = this.#entries.get(path);
    if (entry?.pod) this.#end(entry); // its rows are told; an unclaimed one may still be claimed
  }

  claim(path: string, pod: PodRef): void {
    const entry = this.#entries.get(path);
    if (!entry || entry.pod) return;
    entry.pod = pod;
    entry.untilMs = this.monotonicMs() + takeMs;
    this.flows.nameEarly(entry.number, pod, entry.interfaces);
  }

  dismiss(path: string): void {
    const entry = this.#entries.get(path);
    if (entry && !entry.pod) this.#end(entry);
  }

  /** The links of an interface, for the tap that is responsible for them from now on. */
  async take(inode: number, interfaceName: string): Promise<Attached | undefined> {
    for (const entry of this.#entries.values()) {
      if (entry.place.inode !== inode) continue;
      await entry.attaching.get(interfaceName);
      const attached = entry.attached.get(interfaceName);
      entry.attached.delete(interfaceName);
      return attached;
    }
    return undefined;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const entry of this.#entries.values()) this.#end(entry);
  }

  #end(entry: Entry): void {
    entry.over = true;
    this.#entries.delete(entry.place.path);
    for (const attached of entry.attached.values()) void this.visits.release(entry.place, attached);
    this.flows.closeEarly(entry.number);
  }

  /** Attaches to interfaces that have come, lets go what nobody wants. */
  async #look(): Promise<void> {
    clearTimeout(this.#timer);
    const nowMs = this.monotonicMs();
    for (const entry of this.#entries.values()) if (nowMs >= entry.untilMs) this.#end(entry);
    const open = [...this.#entries.values()].filter(
      ({ pod, sinceMs }) => !pod && nowMs - sinceMs < lookForMs,
    );
    await Promise.all(open.map((entry) => this.#lookAt(entry)));
    clearTimeout(this.#timer);
    if (this.#entries.size === 0 || this.#closed) return;
    const soon = open.some(({ attaching, sinceMs }) => attaching.size === 0 && nowMs - sinceMs < 1_000);
    this.#timer = setTimeout(() => void this.#look(), soon ? lookMs : open.length > 0 ? lookSlowlyMs : 1_000);
  }

  async #lookAt(entry: Entry): Promise<void> {
    const found = await this.visits.interfacesAt(entry.place).catch(() => undefined);
    if (!found || entry.over) return;
    entry.interfaces = found;
    for (const one of found) {
      if (one.loopback || entry.attaching.has(one.name)) continue;
      entry.attaching.set(one.name, this.#attach(entry, one.name, linkOf(one)));
    }
  }

  async #attach(entry: Entry, name: string, link: LinkKind): Promise<void> {
    try {
      const attached = await this.visits.attachAt(entry.place, name, link);
      if (entry.over) void this.visits.release(entry.place, attached);
      else entry.attached.set(name, attached);
    } catch {
      entry.attaching.delete(name); // it may be gone, or not ready: the pod's own tap says so
    }
  }
}
