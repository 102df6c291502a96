import type { Clock, Log, PodMessage, WatchStateName } from '@snoopy/proto';
import type { PodInfo } from '../pods/pod-source.js';
import type { EarlyWatch } from './flow-engine.js';
import { type Decision, plan, type Selection } from './plan.js';
import { PodWatch, type PodWatchTools } from './pod-watch.js';

/** Pods that are entered at the same time; each costs two processes. */
const enteredAtOnce = 2;
/** Interfaces that come later are looked for this often, milliseconds; beats come a little early or late. */
const lookMs = 1_900;
/** A pod that could not be entered is tried again after this time. */
const firstRetryMs = 2_000;
const mostRetryMs = 30_000;
/** What changes in so short a time is told together. */
const tellMs = 50;
/** Everything is listed again after this time, should nothing have told of a change. */
const refreshMs = 600_000;

interface Entry {
  readonly watch: PodWatch;
  decision: Decision | undefined;
  /** When it is to be entered (again); milliseconds that never go back. */
  enterAtMs: number;
  retryMs: number;
}

export interface WatcherOptions extends PodWatchTools {
  readonly clock: Clock;
  readonly selection: Selection;
  readonly log: Log;
  /** Where pods are watched before they are known. */
  readonly early?: EarlyWatch | undefined;
  /** Gets all pods of the node with their states whenever one has changed. */
  readonly onPods: (pods: readonly PodMessage[]) => void;
}

/**
 * Which pods are watched: what should run is computed from the whole state whenever something has changed (DESIGN,
 * law 8), and then made so.
 */
export class Watcher {
  readonly #options: WatcherOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #ending = new Set<Promise<void>>();
  #entering = 0;
  #scheduled = false;
  #lookedMs = 0;
  /** Something may have changed that was not told yet. */
  #news: NodeJS.Timeout | undefined;
  #stopped = false;
  #told: ReadonlyMap<string, boolean> = new Map();

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  /** Interfaces that are watched, and that can be. */
  get taps(): { readonly taken: number; readonly most: number } {
    let taken = 0;
    for (const { watch } of this.#entries.values()) taken += watch.running.length;
    return { taken, most: this.#options.taps.most };
  }

  /** How long watched interfaces were not seen, in all, milliseconds. */
  get blindMs(): number {
    let sum = 0;
    for (const { watch } of this.#entries.values()) for (const one of watch.watches) sum += one.blindMs;
    return sum;
  }

  /** Interfaces by gear. */
  get gears(): { low: number; high: number } {
    const count = { low: 0, high: 0 };
    for (const { watch } of this.#entries.values())
      for (const { gear } of watch.watches) if (gear) count[gear]++;
    return count;
  }

  /** The node's pods, the whole list. */
  pods(pods: readonly PodInfo[]): void {
    const listed = new Map(pods.map((pod) => [pod.uid, pod]));
    for (const [uid, { watch }] of this.#entries) {
      const now = listed.get(uid);
      if (now && now.sandboxId === watch.info.sandboxId && now.ready === watch.info.ready) continue;
      this.#entries.delete(uid);
      this.#end(watch);
    }
    for (const pod of pods) {
      const entry = this.#entries.get(pod.uid);
      if (!entry) this.#entries.set(pod.uid, this.#newEntry(pod));
      else entry.watch.info = pod;
    }
    this.#schedule();
  }

  /** Which pods are selected, by the labels that they have now. @param told uid → selected */
  select(told: ReadonlyMap<string, boolean>): void {
    this.#told = told;
    this.#schedule();
  }

  /** A pod by its uid, as the source last told. */
  find(uid: string): PodInfo | undefined {
    return this.#entries.get(uid)?.watch.info;
  }

  /** To be called a few times a second. */
  tick(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const { watch } of this.#entries.values()) watch.tick();
    if (nowMs - this.#lookedMs >= lookMs) this.#look(nowMs);
    this.#enterSome(nowMs);
  }

  #look(nowMs: number): void {
    this.#lookedMs = nowMs;
    for (const entry of this.#entries.values()) {
      const { watch, decision } = entry;
      if (watch.trouble !== '') this.#tellSoon(); // it says for how long
      if (watch.interfaces && decision?.enter && watch.interfacesChanged()) entry.enterAtMs = nowMs;
    }
  }

  /** Ends every capture properly; resolves when none is left. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#news);
    for (const { watch } of this.#entries.values()) this.#end(watch);
    this.#entries.clear();
    await Promise.all(this.#ending);
  }

  #newEntry(pod: PodInfo): Entry {
    const watch = new PodWatch(pod, this.#options, () => this.#schedule());
    return { watch, decision: undefined, enterAtMs: 0, retryMs: firstRetryMs };
  }

  #end(watch: PodWatch): void {
    const ending = watch.apply([]).then(() => {
      this.#ending.delete(ending);
      this.#schedule();
    });
    this.#ending.add(ending);
  }

  #schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#stopped) this.#reconcile();
    });
  }

  #reconcile(): void {
    const entries = [...this.#entries.values()];
    const owners = ownersOf(entries);
    const decisions = plan(
      entries.map(({ watch }) => ({
        info: watch.info,
        interfaces: watch.interfaces?.map(({ name }) => name),
        sharedWith: owners.get(watch),
        running: watch.running,
      })),
      { ...this.#options.selection, told: this.#told },
      this.#capacity(),
      this.#options.taps.full,
    );
    for (const decision of decisions) {
      const entry = this.#entries.get(decision.uid)!;
      entry.decision = decision;
      this.#claim(entry.watch.info, decision);
      void entry.watch.apply(decision.interfaces).then((ended) => {
        if (ended > 0) this.#schedule(); // what was left out may have room now
      });
    }
    this.#enterSome(this.#options.clock.monotonicMs());
    this.#tellSoon();
  }

  /** A pod whose namespace may be watched already: it is this one's, or it is to be let go. */
  #claim({ uid, namespace, name, networkPath }: PodInfo, { state }: Decision): void {
    const { early } = this.#options;
    if (!early || networkPath === undefined) return;
    if (state === 'WATCH_STATE_WATCHED') early.claim(networkPath, { uid, namespace, name });
    else if (state !== 'WATCH_STATE_FAILED') early.dismiss(networkPath);
  }

  #tellSoon(): void {
    this.#news ??= setTimeout(() => {
      this.#news = undefined;
      if (!this.#stopped) this.#options.onPods([...this.#entries.values()].map(messageOf));
    }, tellMs);
  }

  /** Interfaces that are or can be watched now; captures that people asked for may hold some of the memory. */
  #capacity(): number {
    const { taps } = this.#options;
    return Math.min(taps.most, this.taps.taken + taps.free);
  }

  #enterSome(nowMs: number): void {
    for (const entry of this.#entries.values()) {
      if (this.#entering >= enteredAtOnce) return;
      if (!entry.decision?.enter || entry.watch.entering || entry.enterAtMs > nowMs) continue;
      this.#entering++;
      void this.#enter(entry);
    }
  }

  async #enter(entry: Entry): Promise<void> {
    await entry.watch.enter();
    this.#entering--;
    const failed = entry.watch.failure !== '';
    entry.enterAtMs = this.#options.clock.monotonicMs() + (failed ? entry.retryMs : refreshMs);
    entry.retryMs = failed ? Math.min(mostRetryMs, entry.retryMs * 2) : firstRetryMs;
    this.#schedule();
  }
}

/** For each pod whose network another one, watched or first, has too: that one's name. */
function ownersOf(entries: readonly Entry[]): Map<PodWatch, string> {
  const byInode = new Map<number, PodWatch>();
  const owners = new Map<PodWatch, string>();
  const watched = entries.filter(({ watch }) => watch.running.length > 0);
  for (const { watch } of [...watched, ...entries]) {
    if (watch.inode === undefined) continue;
    const owner = byInode.get(watch.inode);
    if (!owner) byInode.set(watch.inode, watch);
    else if (owner !== watch) owners.set(watch, `${owner.info.namespace}/${owner.info.name}`);
  }
  return owners;
}

function messageOf({ watch, decision }: Entry): PodMessage {
  const { uid, namespace, name, labels, hostNetwork, createdUs = 0 } = watch.info;
  const { state, reason } = stateOf(watch, decision);
  return {
    uid,
    namespace,
    name,
    labels: { ...labels },
    ips: addressesOf(watch),
    hostNetwork,
    createdUs,
    selected: decision?.selected ?? false,
    state,
    reason,
    interfaces: [...watch.watches].filter(({ seeing }) => seeing).map((one) => one.name),
  };
}

/** What the source of pods says, else what the pod's interfaces have; link-local ones name nothing beyond a link. */
function addressesOf(watch: PodWatch): string[] {
  if (watch.info.ips.length > 0 || watch.info.hostNetwork) return [...watch.info.ips];
  const all = (watch.interfaces ?? []).flatMap((one) => one.addresses.map(({ address }) => address));
  return all.filter((address) => !/^(fe[89ab][0-9a-f]:|169\.254\.)/.test(address)).slice(0, 64);
}

/** What was decided, unless what came of it is worse. */
function stateOf(watch: PodWatch, decision: Decision | undefined): { state: WatchStateName; reason: string } {
  if (!decision) return { state: 'WATCH_STATE_UNSPECIFIED', reason: '' };
  const wanted = decision.state === 'WATCH_STATE_WATCHED' || decision.state === 'WATCH_STATE_LEFT_OUT';
  const trouble = wanted && decision.enter ? watch.failure || watch.trouble : '';
  return trouble === '' ? decision : { state: 'WATCH_STATE_FAILED', reason: trouble };
}
