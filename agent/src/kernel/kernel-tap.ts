import { Backoff, type Clock, SnoopyError } from '@snoopy/proto';
import type { InterfaceInfo } from '../podtracer/interface-info.js';
import { type Target, TargetError } from '../podtracer/target.js';
import { addressesOf } from '../watch/address-bytes.js';
import type { InterfaceTap, TapRequest } from '../watch/interface-tap.js';
import type { Attachment, KernelFlows } from './kernel-flows.js';
import { linkOf } from './node-kernel.js';

/** Whether the interface is still there is asked this often, milliseconds; beats come a little early or late. */
const checkMs = 4_900;
/** What was attached for so long was no failure to start, milliseconds. */
const soundMs = 10_000;

/** What all taps of the node share. */
export interface KernelTapTools {
  readonly flows: KernelFlows;
  readonly clock: Clock;
}

/** Where the namespace can be looked into again without holding it. */
export interface Whereabouts {
  readonly inode: number;
  readonly path: string | undefined;
  readonly pid: number | undefined;
}

/** What happens to a tap. */
export interface TapEvents {
  /** It could not be attached. @param reason a word */
  failed(reason: string): void;
  /** Called once. */
  ended(): void;
}

/** One interface of one pod, watched by programs that are attached to it. */
export class KernelTap implements InterfaceTap {
  trouble = '';
  readonly gear = undefined;
  /** Of what interfaces and addresses there were at the last look. */
  lastMark: string | undefined;
  /** When that was, and since when it is attached; milliseconds that never go back. */
  lookedMs = 0;
  startedMs = 0;
  where: Whereabouts | undefined;

  readonly #tools: KernelTapTools;
  readonly #request: TapRequest;
  readonly #events: TapEvents;
  readonly #backoff = new Backoff(500, 30_000);
  #info: InterfaceInfo;
  #attachment: Attachment | undefined;
  #starting: Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #checkedMs = 0;
  #blindMs = 0;
  #blindSinceMs: number | undefined;

  constructor(tools: KernelTapTools, request: TapRequest, events: TapEvents) {
    this.#tools = tools;
    this.#request = request;
    this.#events = events;
    this.#info = request.info;
    this.#blindSinceMs = tools.clock.monotonicMs();
    this.#starting = this.#start();
  }

  get name(): string {
    return this.#info.name;
  }

  get seeing(): boolean {
    return this.#blindSinceMs === undefined;
  }

  get blindMs(): number {
    const since = this.#blindSinceMs;
    return this.#blindMs + (since === undefined ? 0 : this.#tools.clock.monotonicMs() - since);
  }

  mark(): string | undefined {
    return this.lastMark;
  }

  update(info: InterfaceInfo): void {
    this.#info = info;
    this.#attachment?.setAddresses(addressesOf(info));
  }

  tick(): void {
    const nowMs = this.#tools.clock.monotonicMs();
    const attachment = this.#attachment;
    if (!attachment || nowMs - this.#checkedMs < checkMs) return;
    this.#checkedMs = nowMs;
    void this.#check(attachment);
  }

  async #check(attachment: Attachment): Promise<void> {
    const isThere = await attachment.isThere().catch(() => true); // nobody could look: the next time
    if (isThere || this.#attachment !== attachment) return;
    void this.#detach();
    if (this.#tools.clock.monotonicMs() - this.startedMs > soundMs) this.#backoff.reset();
    this.#retry('the interface is gone');
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#starting;
    await this.#detach();
    this.#see();
    this.#events.ended();
  }

  async #start(): Promise<void> {
    try {
      const target = await this.#request.target();
      try {
        this.#attachment = await this.#attach(target);
      } finally {
        target.close(); // nothing here may keep the namespace alive
      }
      this.startedMs = this.#tools.clock.monotonicMs();
      this.#see();
    } catch (error) {
      this.#events.failed(reasonOf(error));
      this.#retry((error as Error).message);
    }
  }

  async #attach(target: Target): Promise<Attachment> {
    const info = this.#info;
    const attachment = await this.#tools.flows.attach({
      pod: this.#request.pod,
      interface: info.name,
      netns: target.fd,
      link: linkOf(info),
      place: { path: target.path ?? `/proc/${target.pid}/ns/net`, inode: target.inode },
      mac: info.loopback ? undefined : info.mac,
      addresses: addressesOf(info),
    });
    this.lastMark = attachment.mark;
    this.where = { inode: target.inode, path: target.path, pid: target.pid };
    return attachment;
  }

  async #detach(): Promise<void> {
    const ended = this.#attachment?.detach(this.#tools.clock.nowUs());
    this.#attachment = undefined;
    this.lastMark = undefined;
    this.where = undefined;
    await ended;
  }

  #retry(why: string): void {
    if (this.#stopped) return;
    this.#blindSinceMs ??= this.#tools.clock.monotonicMs();
    this.#timer = setTimeout(() => {
      this.#starting = this.#start();
    }, this.#backoff.next());
    this.trouble = why;
    this.#request.onChange();
  }

  /** It is attached (again), or need not be any more. */
  #see(): void {
    this.#blindMs = this.blindMs;
    this.#blindSinceMs = undefined;
    this.trouble = '';
    this.#request.onChange();
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof TargetError) return error.reason;
  return error instanceof SnoopyError ? error.code.toLowerCase() : 'internal';
}
