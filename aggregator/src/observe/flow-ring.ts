import type { FlowSource } from '../merge/flow-source.js';
import type {
  DirectionCounters,
  DnsTransaction,
  FlowSink,
  MergedFlow,
  RecordMemory,
} from '../merge/merged-flow.js';
import type { PodEntry } from '../pods/pod-entry.js';
import { FoldedViews } from './folded-views.js';
import { Entry, EntryFlag, Look, Rare } from './ring-entry.js';

/** Kept for `last` and for readers that fall behind: `GetFlowsRequest.last` allows as many. */
export const FLOWS_KEPT = 65_536;

/** DNS transactions kept with them, about 15 MB; more of them push the oldest flows out. */
const DNS_KEPT = 131_072;

/** Words of a cache line. */
const LINE_WORDS = 16;

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
  readonly rares: Float64Array;
  readonly sourcePods: (PodEntry | undefined)[];
  readonly destinationPods: (PodEntry | undefined)[];
  readonly dialledServices: (PodEntry | undefined)[];
  readonly dns: (readonly DnsTransaction[])[];
  /** Of those that `EntryFlag.folded` marks. */
  readonly folded: (FoldedViews | undefined)[];
  /** Of TLS; '': none. */
  readonly serverNames: string[];
  /** Who numbered the records of views, by the number that views hold. */
  readonly sources: FlowSource[] = [];
  /** Result of `prepare`, so that it is not optimised away. */
  touched = 0;
  readonly #mask: number;
  #position = 0;
  #oldest = 0;
  #dnsKept = 0;
  /** Memory of flows before this position was touched. */
  #prepared = 0;
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
    this.rares = new Float64Array(kept * Rare.doubles);
    this.sourcePods = new Array<PodEntry | undefined>(kept).fill(undefined);
    this.destinationPods = new Array<PodEntry | undefined>(kept).fill(undefined);
    this.dialledServices = new Array<PodEntry | undefined>(kept).fill(undefined);
    this.folded = new Array<FoldedViews | undefined>(kept).fill(undefined);
    this.serverNames = new Array<string>(kept).fill('');
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
    const w = slot * Entry.words;
    this.#writeFlow(flow, slot, w);
    if (!flow.folded) this.#writeViews(flow, w + Entry.record);
    else if (flow.primary !== 0) this.#writeRecord(flow.records, flow.counted, w + Entry.record);
    this.sourcePods[slot] = flow.sourcePod;
    this.destinationPods[slot] = flow.destinationPod;
    if (flow.dialled.differs) this.dialledServices[slot] = flow.dialledService;
    this.#position++;
    if (flow.folded || flow.serverName !== '' || flow.dns.length > 0) this.#keepMore(flow, slot);
  }

  prepare(flows: number): void {
    const { words } = this;
    const upTo = this.#position + flows;
    let sum = 0;
    for (let position = Math.max(this.#prepared, this.#position); position < upTo; position++) {
      const w = (position & this.#mask) * Entry.words;
      sum ^= words[w]! ^ words[w + LINE_WORDS]! ^ words[w + 2 * LINE_WORDS]!;
    }
    this.#prepared = upTo;
    this.touched = sum;
  }

  #writeFlow(flow: MergedFlow, slot: number, w: number): void {
    const { words } = this;
    let flags = flagsOf(flow);
    if (isRare(flow)) {
      flags |= EntryFlag.rare;
      this.#writeRare(flow, slot * Rare.doubles);
    }
    this.doubles[slot * Entry.doubles + Entry.time] = flow.timeUs;
    words[w + Entry.duration] = flow.durationUs;
    words[w + Entry.flags] = flags;
    words[w + Entry.ports] = (flow.sourcePort << 16) | flow.destinationPort;
    words[w + Entry.handshake] = flow.handshakeUs;
    words[w + Entry.rtt] = flow.rttUs;
    words[w + Entry.more] = 0;
    writeAddress(words, w + Entry.source, flow.sourceWords);
    writeAddress(words, w + Entry.destination, flow.destinationWords);
    if (flow.dialled.differs || flow.caller.differs) this.#writeLook(flow, slot * Look.words);
  }

  #writeLook({ dialled, caller }: MergedFlow, at: number): void {
    writeAddress(this.looks, at + Look.dialled, dialled.words);
    writeAddress(this.looks, at + Look.caller, caller.words);
    this.looks[at + Look.ports] = (caller.port << 16) | dialled.port;
  }

  #writeRare(flow: MergedFlow, at: number): void {
    const { rares } = this;
    writeCounters(rares, at + Rare.request, flow.request);
    writeCounters(rares, at + Rare.reply, flow.reply);
    rares[at + Rare.icmp] = flow.icmp + 1;
    rares[at + Rare.syns] = flow.syns;
    rares[at + Rare.resetBy] = flow.resetBy;
    rares[at + Rare.resetAfterRequest] = flow.resetAfterRequest;
    rares[at + Rare.resetAfterReply] = flow.resetAfterReply;
  }

  #writeViews({ views, viewCount, records }: MergedFlow, to: number): void {
    const { sources } = this;
    for (let i = 0; i < viewCount; i++) {
      const { from, at } = views[i]!;
      if (sources[from.index] !== from) sources[from.index] = from;
      this.#writeRecord(records, at, to + i * Entry.recordWords);
    }
  }

  /**
   * Numbers are copied as what they were written as, a moment ago: the processor hands a store on to a load of the same
   * size, else the load waits until the store has left. Written out: a loop costs as much again.
   */
  #writeRecord(records: RecordMemory, at: number, to: number): void {
    const { words, doubles } = this;
    const { counts } = records;
    words[to] = counts[at]!;
    words[to + 1] = counts[at + 1]!;
    words[to + 2] = counts[at + 2]!;
    words[to + 3] = counts[at + 3]!;
    words[to + 4] = counts[at + 4]!;
    words[to + 5] = counts[at + 5]!;
    const numbers = records.doubles;
    const d = to >> 1;
    const from = at >> 1;
    doubles[d + 3] = numbers[from + 3]!;
    doubles[d + 4] = numbers[from + 4]!;
    doubles[d + 5] = numbers[from + 5]!;
    doubles[d + 6] = numbers[from + 6]!;
    doubles[d + 7] = numbers[from + 7]!;
  }

  /** Views beyond the usual and a name take the room of transactions too. */
  #keepMore(flow: MergedFlow, slot: number): void {
    let kept = 0;
    if (flow.folded) {
      this.#learnSources(flow);
      this.folded[slot] = new FoldedViews(flow);
      kept += flow.viewCount;
    }
    if (flow.serverName !== '') {
      this.serverNames[slot] = flow.serverName;
      kept++;
    }
    if (flow.dns.length > 0) {
      const dns = flow.dns.length > MOST_DNS_EACH ? flow.dns.slice(0, MOST_DNS_EACH) : flow.dns;
      this.dnsDropped += flow.dns.length - dns.length;
      this.dns[slot] = dns;
      kept += dns.length;
    }
    this.words[slot * Entry.words + Entry.more] = kept;
    this.#dnsKept += kept;
    while (this.#dnsKept > this.dnsKept && this.#oldest < this.#position - 1) this.#dropOldest();
  }

  #learnSources({ views, viewCount }: MergedFlow): void {
    for (let i = 0; i < viewCount; i++) this.sources[views[i]!.from.index] = views[i]!.from;
  }

  #dropOldest(): void {
    const slot = this.#oldest & this.#mask;
    this.#oldest++;
    const kept = this.words[slot * Entry.words + Entry.more]!;
    if (kept === 0) return;
    this.#dnsKept -= kept;
    this.folded[slot] = undefined;
    this.serverNames[slot] = '';
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
    (flow.translation << EntryFlag.translationShift) |
    (flow.dialled.differs ? EntryFlag.dialled : 0) |
    (flow.caller.differs ? EntryFlag.caller : 0) |
    (flow.folded ? foldedFlags(flow) : viewFlags(flow))
  );
}

function viewFlags({ viewCount, primary, views }: MergedFlow): number {
  return (
    (viewCount << EntryFlag.viewsShift) |
    (primary << EntryFlag.primaryShift) |
    (views[0]!.vantage << EntryFlag.vantageShift) |
    (views[1]!.vantage << (EntryFlag.vantageShift + 2))
  );
}

/** What counts stands where the first view's record does otherwise. */
function foldedFlags({ primary, views }: MergedFlow): number {
  if (primary === 0) return EntryFlag.folded;
  return (
    EntryFlag.folded | (1 << EntryFlag.primaryShift) | (views[primary - 1]!.vantage << EntryFlag.vantageShift)
  );
}

/** Whether there is anything that goes into `rares`. */
function isRare(flow: MergedFlow): boolean {
  const { request, reply } = flow;
  return (
    request.retransmits + request.zeroWindows + request.lostSegments !== 0 ||
    reply.retransmits + reply.zeroWindows + reply.lostSegments !== 0 ||
    flow.icmp + 1 + flow.syns + flow.resetBy !== 0
  );
}

function writeCounters(rares: Float64Array, at: number, counters: DirectionCounters): void {
  rares[at] = counters.retransmits;
  rares[at + 1] = counters.zeroWindows;
  rares[at + 2] = counters.lostSegments;
}

function writeAddress(words: Uint32Array, at: number, address: Int32Array): void {
  words[at] = address[0]!;
  words[at + 1] = address[1]!;
  words[at + 2] = address[2]!;
  words[at + 3] = address[3]!;
}
