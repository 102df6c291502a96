import { Backoff, type Clock, type PodRef } from '@snoopy/proto';
import type { Ingest } from '../capture/ingest.js';
import type { InterfaceInfo } from '../podtracer/interface-info.js';
import type { Podtracer, ToolEnd } from '../podtracer/podtracer.js';
import type { Target } from '../podtracer/target.js';
import { addressesOf } from './address-bytes.js';
import { CaptureRun } from './capture-run.js';
import { CatchUp } from './catch-up.js';
import { type Gear, GearBox } from './gear-box.js';
import { GearChange, type Running } from './gear-change.js';
import type { HoldBudget } from './held-stream.js';
import type { InterfaceTap } from './interface-tap.js';
import type { RingBudget } from './ring-budget.js';
import { type PacketLedger, RunAccount } from './run-account.js';

/** What the watch needs of the flow table. */
export interface CaptureRegistry {
  addCapture(capture: {
    readonly pod: PodRef;
    readonly interface: string;
    readonly mac?: Uint8Array | undefined;
    readonly addresses: readonly Uint8Array[];
  }): number;
  setAddresses(captureId: number, addresses: readonly Uint8Array[]): void;
  removeCapture(captureId: number): void;
}

/** What all interfaces share. */
export interface WatchTools {
  readonly podtracer: Podtracer;
  readonly flows: CaptureRegistry;
  readonly newIngest: (captureId: number) => Ingest;
  readonly rings: RingBudget;
  readonly ringKiB: number;
  readonly holds: HoldBudget;
  readonly clock: Clock;
  readonly ledger: PacketLedger;
  /** Port: what interfaces and addresses the network of a process has; undefined when it is gone. */
  readonly networkMark: (pid: number) => string | undefined;
}

/** tcpdump is asked for its counters this often, milliseconds. */
const countersMs = 2_000;
/** A run that lasted so long was no failure to start, milliseconds. */
const soundMs = 10_000;

/** How long a tcpdump that is to end may go on reading, milliseconds. */
const readUpMs = 1_200;

/** One interface of one pod, watched: a tcpdump that is kept running, in the gear that fits. */
export class InterfaceWatch implements InterfaceTap {
  /** Why nothing is captured at the moment, one sentence; empty while it is. */
  trouble = '';

  readonly name: string;
  readonly #tools: WatchTools;
  readonly #giveRingBack: () => void;
  readonly #target: () => Promise<Target>;
  readonly #onChange: () => void;
  readonly #captureId: number;
  readonly #gears: GearBox;
  readonly #backoff = new Backoff(500, 30_000);
  #current: Running | undefined;
  #opening: Promise<Running> | undefined;
  #changing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #askedMs = 0;
  #packets = 0;
  /** A change of gear that was given up is tried again after a while: each try costs a tcpdump. */
  readonly #changeBackoff = new Backoff(500, 10_000);
  #changeMs = 0;
  #blindMs = 0;
  #blindSinceMs: number | undefined;

  /**
   * @param giveRingBack called when its ring is free again
   * @param target opens the pod's network; called before each start of a tcpdump
   * @param onChange `trouble` has changed
   */
  constructor(
    tools: WatchTools,
    pod: PodRef,
    info: InterfaceInfo,
    giveRingBack: () => void,
    target: () => Promise<Target>,
    onChange: () => void,
  ) {
    this.name = info.name;
    this.#tools = tools;
    this.#giveRingBack = giveRingBack;
    this.#target = target;
    this.#onChange = onChange;
    this.#gears = new GearBox(tools.clock.monotonicMs());
    this.#blindSinceMs = tools.clock.monotonicMs();
    this.#captureId = tools.flows.addCapture({
      pod,
      interface: info.name,
      mac: info.loopback ? undefined : info.mac,
      addresses: addressesOf(info),
    });
    void this.#start();
  }

  get seeing(): boolean {
    return this.#blindSinceMs === undefined;
  }

  /** How long nothing was captured so far, milliseconds. */
  get blindMs(): number {
    const since = this.#blindSinceMs;
    return this.#blindMs + (since === undefined ? 0 : this.#tools.clock.monotonicMs() - since);
  }

  get gear(): Gear {
    return this.#current?.run.gear ?? 'low';
  }

  mark(): string | undefined {
    const pid = this.#current?.run.pid;
    return pid === undefined ? undefined : this.#tools.networkMark(pid);
  }

  update(info: InterfaceInfo): void {
    this.#tools.flows.setAddresses(this.#captureId, addressesOf(info));
  }

  /** To be called a few times a second. */
  tick(): void {
    const current = this.#current;
    if (!current) return;
    const nowMs = this.#tools.clock.monotonicMs();
    current.run.settle();
    current.account.collect();
    if (nowMs - this.#askedMs >= countersMs) {
      this.#askedMs = nowMs;
      current.run.talk.ask();
    }
    const packets = this.#packets + current.run.ingest.counters.records;
    const wanted = this.#gears.wanted(current.run.gear, packets, nowMs);
    if (wanted !== current.run.gear && !this.#changing && nowMs >= this.#changeMs) {
      this.#changing = this.#change(current, wanted).finally(() => {
        this.#changing = undefined;
      });
    }
  }

  /** Ends the capture properly; resolves when nothing of it is left. Its flows end with reason `shutdown`. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#changing;
    const running = (await this.#opening?.catch(() => undefined)) ?? this.#current;
    if (running) {
      await this.#readUp(running);
      this.#ended(running, await running.run.stop());
    }
    this.#see();
    this.#tools.flows.removeCapture(this.#captureId);
    this.#giveRingBack();
  }

  /** Lets it read what came before now: in the high gear the kernel hands that over within a second. */
  async #readUp(running: Running): Promise<void> {
    const { clock } = this.#tools;
    const goesOn = (): boolean => this.#current === running;
    await new CatchUp(running.run, clock, readUpMs, goesOn).past(clock.nowUs());
  }

  async #start(): Promise<void> {
    try {
      this.#opening = this.#open('low');
      const running = await this.#opening;
      this.#current = running;
      void running.run.ended.then((end) => this.#ended(running, end));
      if (await running.run.talk.listening) this.#see();
    } catch (error) {
      this.#retry((error as Error).message);
    } finally {
      this.#opening = undefined;
    }
  }

  async #open(gear: Gear): Promise<Running> {
    const { podtracer, ringKiB, newIngest, clock, ledger, holds } = this.#tools;
    const target = await this.#target();
    try {
      const ingest = newIngest(this.#captureId);
      const run = new CaptureRun({ podtracer, target, interface: this.name, ringKiB, gear, ingest, holds });
      return { run, account: new RunAccount(run, ledger), startedMs: clock.monotonicMs() };
    } finally {
      target.close(); // tcpdump has the network by itself now; nothing here may keep it alive
    }
  }

  /** Another tcpdump in the other gear takes over; without a free ring everything stays as it is. */
  async #change(old: Running, gear: Gear): Promise<void> {
    const giveBack = this.#tools.rings.take(this.#tools.ringKiB);
    if (!giveBack) return;
    const change = new GearChange(old, this.#tools.clock, () => this.#current === old && !this.#stopped);
    try {
      const next = await change.prepare(() => this.#open(gear));
      if (!next) {
        this.#changeMs = this.#tools.clock.monotonicMs() + this.#changeBackoff.next();
        return;
      }
      this.#changeBackoff.reset();
      this.#current = undefined; // whatever ends now is no failure
      await change.complete(next);
      this.#packets += old.run.ingest.counters.records;
      this.#current = next;
      void next.run.ended.then((end) => this.#ended(next, end));
      this.#gears.changed(gear, this.#tools.clock.monotonicMs());
    } catch {
      // the pod is going: the old run's end tells it
    } finally {
      giveBack();
    }
  }

  #ended(running: Running, end: ToolEnd): void {
    if (this.#current !== running) return;
    this.#current = undefined;
    this.#packets += running.run.ingest.counters.records;
    running.account.close();
    if (this.#stopped) return;
    if (this.#tools.clock.monotonicMs() - running.startedMs > soundMs) this.#backoff.reset();
    this.#retry(running.run.ingest.error === 0 ? describe(end) : 'what tcpdump wrote could not be read');
  }

  #retry(why: string): void {
    if (this.#stopped) return;
    this.#blindSinceMs ??= this.#tools.clock.monotonicMs();
    const delay = this.#backoff.next();
    this.#timer = setTimeout(() => void this.#start(), delay);
    this.trouble = why;
    this.#onChange();
  }

  /** It captures (again). */
  #see(): void {
    this.#blindMs = this.blindMs;
    this.#blindSinceMs = undefined;
    this.trouble = '';
    this.#onChange();
  }
}

/** Why a tcpdump ended, as its own last words tell it. */
function describe(end: ToolEnd): string {
  const words = end.lastLines.filter(
    (line) => !/listening on|packets? (captured|received|dropped)/.test(line),
  );
  const how = end.signal ? `by ${end.signal}` : `with code ${end.code}`;
  return `tcpdump ended ${how}${words.length > 0 ? `: ${words.at(-1)}` : ''}`;
}
