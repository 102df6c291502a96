import type {
  DirectionCounters,
  DnsTransaction,
  FlowSink,
  FlowView,
  MergedFlow,
} from '../merge/merged-flow.js';
import type { PodEntry } from '../pods/pod-entry.js';
import { Entry, EntryFlag, Look } from './ring-entry.js';

/** Kept for `last` and for readers that fall behind: `GetFlowsRequest.last` allows as many. */
export const FLOWS_KEPT = 65_536;

/** DNS transactions kept with them, about 15 MB; more of them push the oldest flows out. */
const DNS_KEPT = 131_072;

/** Of one flow: its message stays far below gRPC's usual 4 MiB. A resolver's TCP connection has more, at times. */
const MOST_DNS_EACH = 1_000;

const noDns: readonly DnsTransaction[] = [];

/**
 * The last merged flows, by position: flow number p since the start is in slot `slotOf(p)` while
 * `oldest() <= p < position()`. Full means that the oldest goes; who had not read it sees that from `oldest()`.
 * Nothing is allocated for a flow. Readers look into the arrays themselves (layout in ring-entry.ts).
 */
export class FlowRing implements FlowSink {
  readonly doubles: Float64Array;
  readonly words: Uint32Array;
  readonly looks: Uint32Array;
  readonly sourcePods: (PodEntry | undefined)[];
  readonly destinationPods: (PodEntry | undefined)[];
  readonly dialledServices: (PodEntry | undefined)[];
  readonly dns: (readonly DnsTransaction[])[];
  /** Names of agents by the number that views hold. */
  readonly agents: string[] = [];
  readonly #agentNumbers = new Map<string, number>();
  #lastAgent = '';
  #lastNumber = -1;
  #otherAgent = '';
  #otherNumber = -1;
  readonly #mask: number;
  #position = 0;
  #oldest = 0;
  #dnsKept = 0;
  /** DNS transactions that their flow could not hold. */
  dnsDropped = 0;

  /** @param kept a power of two  @param dnsKept transactions  */
  constructor(
    readonly kept = FLOWS_KEPT,
    readonly dnsKept = DNS_KEPT,
  ) {
    const memory = new ArrayBuffer(kept * Entry.bytes);
    this.doubles = new Float64Array(memory);
    this.words = new Uint32Array(memory);
    this.looks = new Uint32Array(kept * Look.words);
    this.sourcePods = new Array<PodEntry | undefined>(kept).fill(undefined);
    this.destinationPods = new Array<PodEntry | undefined>(kept).fill(undefined);
    this.dialledServices = new Array<PodEntry | undefined>(kept).fill(undefined);
    this.dns = new Array<readonly DnsTransaction[]>(kept).fill(noDns);
    this.#mask = kept - 1;
  }

  /** Position of the next flow to be taken. */
  position(): number {
    return this.#position;
  }

  /** Position of the oldest flow that is still here. */
  oldest(): number {
    return this.#oldest;
  }

  slotOf(position: number): number {
    return position & this.#mask;
  }

  take(flow: MergedFlow): void {
    if (this.#position - this.#oldest === this.kept) this.#dropOldest();
    const slot = this.#position & this.#mask;
    this.#writeFlow(flow, slot * Entry.doubles, slot * Entry.words);
    for (let i = 0; i < flow.viewCount; i++) this.#writeView(flow.views[i]!, slot, i);
    this.sourcePods[slot] = flow.sourcePod;
    this.destinationPods[slot] = flow.destinationPod;
    this.dialledServices[slot] = flow.dialledService;
    this.#position++;
    if (flow.dns.length > 0) this.#keepDns(flow.dns, slot);
  }

  #writeFlow(flow: MergedFlow, d: number, w: number): void {
    const { doubles, words } = this;
    doubles[d + Entry.time] = flow.timeUs;
    doubles[d + Entry.requestBytes] = flow.request.bytes;
    doubles[d + Entry.requestPayload] = flow.request.payload;
    doubles[d + Entry.replyBytes] = flow.reply.bytes;
    doubles[d + Entry.replyPayload] = flow.reply.payload;
    words[w + Entry.duration] = flow.durationUs;
    words[w + Entry.flags] = flagsOf(flow);
    words[w + Entry.ports] = (flow.sourcePort << 16) | flow.destinationPort;
    writeCounters(words, w + Entry.request, flow.request);
    writeCounters(words, w + Entry.reply, flow.reply);
    words[w + Entry.handshake] = flow.handshakeUs;
    words[w + Entry.rtt] = flow.rttUs;
    words[w + Entry.icmp] = flow.icmp + 1;
    writeAddress(words, w + Entry.source, flow.sourceAddress);
    writeAddress(words, w + Entry.destination, flow.destinationAddress);
    if (flow.dialled.differs || flow.caller.differs) this.#writeLook(flow, (w / Entry.words) * Look.words);
  }

  #writeLook({ dialled, caller }: MergedFlow, at: number): void {
    writeAddress(this.looks, at + Look.dialled, dialled.address);
    writeAddress(this.looks, at + Look.caller, caller.address);
    this.looks[at + Look.ports] = (caller.port << 16) | dialled.port;
  }

  #writeView(view: FlowView, slot: number, index: number): void {
    const { doubles, words } = this;
    const d = slot * Entry.doubles + Entry.viewDoubles + index * Entry.viewDoublesEach;
    doubles[d] = view.epoch;
    doubles[d + 1] = view.sequence;
    doubles[d + 2] = view.sentBytes;
    doubles[d + 3] = view.sentPayload;
    doubles[d + 4] = view.receivedBytes;
    doubles[d + 5] = view.receivedPayload;
    const w = slot * Entry.words + Entry.viewWords + index * Entry.viewWordsEach;
    words[w] = (this.#agentNumber(view.agent) << 2) | view.vantage;
    words[w + 1] = view.state;
    words[w + 2] = view.sentPackets;
    words[w + 3] = view.sentSegments;
    words[w + 4] = view.receivedPackets;
    words[w + 5] = view.receivedSegments;
  }

  #agentNumber(agent: string): number {
    // Flows come in batches of one agent, so that it is mostly one of the last two.
    if (agent === this.#lastAgent) return this.#lastNumber;
    if (agent === this.#otherAgent) return this.#otherNumber;
    let number = this.#agentNumbers.get(agent);
    if (number === undefined) {
      number = this.agents.push(agent) - 1;
      this.#agentNumbers.set(agent, number);
    }
    this.#otherAgent = this.#lastAgent;
    this.#otherNumber = this.#lastNumber;
    this.#lastAgent = agent;
    this.#lastNumber = number;
    return number;
  }

  #keepDns(all: readonly DnsTransaction[], slot: number): void {
    const dns = all.length > MOST_DNS_EACH ? all.slice(0, MOST_DNS_EACH) : all;
    this.dnsDropped += all.length - dns.length;
    this.dns[slot] = dns;
    this.#dnsKept += dns.length;
    while (this.#dnsKept > this.dnsKept && this.#oldest < this.#position - 1) this.#dropOldest();
  }

  #dropOldest(): void {
    const slot = this.#oldest & this.#mask;
    this.#oldest++;
    const dns = this.dns[slot]!;
    if (dns.length === 0) return;
    this.#dnsKept -= dns.length;
    this.dns[slot] = noDns;
  }
}

function flagsOf(flow: MergedFlow): number {
  return (
    flow.protocol |
    (flow.outcome << EntryFlag.outcomeShift) |
    (flow.closed << EntryFlag.closedShift) |
    (flow.initiatorKnown ? EntryFlag.initiatorKnown : 0) |
    (flow.opened ? EntryFlag.opened : 0) |
    (flow.outcomeFinal ? EntryFlag.outcomeFinal : 0) |
    (flow.partial ? EntryFlag.partial : 0) |
    (flow.viewCount << EntryFlag.viewsShift) |
    (flow.translation << EntryFlag.translationShift) |
    (flow.dialled.differs ? EntryFlag.dialled : 0) |
    (flow.caller.differs ? EntryFlag.caller : 0)
  );
}

function writeCounters(words: Uint32Array, at: number, counters: DirectionCounters): void {
  words[at] = counters.packets;
  words[at + 1] = counters.segments;
  words[at + 2] = counters.retransmits;
  words[at + 3] = counters.zeroWindows;
  words[at + 4] = counters.lostSegments;
}

function writeAddress(words: Uint32Array, at: number, a: Uint8Array): void {
  words[at] = (a[0]! << 24) | (a[1]! << 16) | (a[2]! << 8) | a[3]!;
  words[at + 1] = (a[4]! << 24) | (a[5]! << 16) | (a[6]! << 8) | a[7]!;
  words[at + 2] = (a[8]! << 24) | (a[9]! << 16) | (a[10]! << 8) | a[11]!;
  words[at + 3] = (a[12]! << 24) | (a[13]! << 16) | (a[14]! << 8) | a[15]!;
}
