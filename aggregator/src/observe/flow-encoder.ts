import { FlowState, type LossMessage } from '@snoopy/proto';
import type { DnsTransaction } from '../merge/merged-flow.js';
import { Rec } from '../merge/record-layout.js';
import type { PodEntry } from '../pods/pod-entry.js';
import { dnsRcodeName, dnsTypeName } from './dns-names.js';
import type { FlowRing } from './flow-ring.js';
import { formatAddress } from './ip-address.js';
import { networkOrder } from './network-order.js';
import { ProtoWriter } from './proto-writer.js';
import { hasPorts, protocolName } from './protocol-names.js';
import { Entry, EntryFlag, Look, Rare } from './ring-entry.js';
import { fullSight, type Sight } from './sight.js';

/** Room for everything in a Flow but pods and DNS: about 60 fields, none longer than an agent's name. */
const FLOW_ROOM = 2_048;
/** Room for a DNS transaction without its name, and for its name's bytes per character. */
const DNS_ROOM = 64;

/** Room for a view, the longest agent's name included. */
const VIEW_ROOM = 1_024;

/** Numbers of Vantage. */
const VANTAGE_SOURCE = 1;
const VANTAGE_DESTINATION = 2;

/** No place in the ring. */
const NONE = -1;

/** Field numbers of LossUnit. */
const units = {
  LOSS_UNIT_UNSPECIFIED: 0,
  LOSS_UNIT_PACKETS: 1,
  LOSS_UNIT_RECORDS: 2,
  LOSS_UNIT_BYTES: 3,
} as const;

/** Memory that has records as merge/record-layout.ts says. */
type Records = Pick<FlowRing, 'words' | 'doubles'>;

/**
 * Makes GetFlowsResponse messages out of ring entries, straight into bytes (DESIGN, law 4: hand-made definitions
 * for hot streams): an object per flow and its conversion cost twenty times as much. Field numbers are those of
 * observer.proto; a test compares every field with what @grpc/proto-loader reads back.
 */
export class FlowEncoder {
  readonly #out = new ProtoWriter(64 << 10);
  readonly #pods = new WeakMap<PodEntry, Uint8Array>();
  readonly #agents: Uint8Array[] = [];

  constructor(readonly ring: FlowRing) {}

  /** Bytes of the message so far. */
  get bytes(): number {
    return this.#out.length;
  }

  /** Copies the message, `bytes` long, to the start of a buffer; the next one begins empty. @param spare used if it is large enough */
  finish(spare?: Buffer): Buffer {
    const { buffer, length } = this.#out;
    const memory = spare && spare.length >= length ? spare : Buffer.allocUnsafe(Math.ceil(1.5 * length));
    buffer.copy(memory, 0, 0, length);
    this.#out.length = 0;
    return memory;
  }

  /** Appends `lost`. */
  loss(loss: LossMessage): void {
    const out = this.#out;
    const texts = [loss.node ?? '', loss.stage ?? '', loss.reason ?? ''] as const;
    out.reserve(64 + 3 * texts.join('').length);
    const mark = out.open(2);
    texts.forEach((text, i) => {
      out.string(i + 1, text);
    });
    out.uint(4, Number(loss.count ?? 0));
    out.uint(5, units[(loss.unit ?? 'LOSS_UNIT_UNSPECIFIED') as keyof typeof units] ?? 0);
    out.close(mark);
  }

  /** Appends the flow in a slot of the ring. @param sight what of it may be seen */
  flow(slot: number, sight = fullSight): void {
    const { ring } = this;
    const out = this.#out;
    const d = slot * Entry.doubles;
    const w = slot * Entry.words;
    const source = this.#pod(sight.named(ring.sourcePods[slot]));
    const destination = this.#pod(sight.named(ring.destinationPods[slot]));
    out.reserve(
      FLOW_ROOM +
        source.length +
        destination.length +
        dnsRoom(ring.dns[slot]!) +
        3 * ring.serverNames[slot]!.length,
    );
    const mark = out.open(1);
    this.#time(ring.doubles[d + Entry.time]!);
    out.double(2, ring.words[w + Entry.duration]! / 1e6);
    const protocol = ring.words[w + Entry.flags]! & EntryFlag.protocolMask;
    const ports = hasPorts(protocol) ? ring.words[w + Entry.ports]! : 0;
    out.string(3, protocolName(protocol));
    if (sight.hides(ring.sourcePods[slot])) this.#hidden(4, ports >>> 16);
    else this.#endpoint(4, w + Entry.source, ports >>> 16, source, undefined);
    const flags = ring.words[w + Entry.flags]!;
    const service = flags & EntryFlag.dialled ? sight.named(ring.dialledServices[slot]) : undefined;
    if (sight.hides(ring.destinationPods[slot])) this.#hidden(5, ports & 0xffff);
    else this.#endpoint(5, w + Entry.destination, ports & 0xffff, destination, service);
    this.#flags(flags);
    const rare = flags & EntryFlag.rare ? slot * Rare.doubles : NONE;
    this.#counters(w, flags, rare);
    out.double(13, ring.words[w + Entry.handshake]! / 1e6);
    for (const transaction of ring.dns[slot]!) this.#dns(transaction);
    if (flags & EntryFlag.folded) this.#foldedViews(slot, sight);
    else this.#views(slot, flags, sight);
    this.#rest(w);
    if (rare !== NONE) this.#failure(rare);
    out.string(25, ring.serverNames[slot]!);
    out.close(mark);
  }

  #views(slot: number, flags: number, sight: Sight): void {
    const views = (flags >>> EntryFlag.viewsShift) & EntryFlag.viewsMask;
    const first = slot * Entry.words + Entry.record;
    for (let i = 0; i < views; i++) {
      const vantage = vantageOf(flags, i);
      if (this.#isShown(slot, vantage, sight))
        this.#view(slot, this.ring, first + i * Entry.recordWords, vantage);
    }
  }

  #foldedViews(slot: number, sight: Sight): void {
    const views = this.ring.folded[slot]!;
    this.#out.reserve(views.count * VIEW_ROOM);
    for (let i = 0; i < views.count; i++) {
      const vantage = views.vantages[i]!;
      if (this.#isShown(slot, vantage, sight)) this.#view(slot, views, i * Entry.recordWords, vantage);
    }
  }

  #time(timeUs: number): void {
    const out = this.#out;
    const seconds = Math.floor(timeUs / 1e6);
    const mark = out.open(1);
    out.uint(1, seconds);
    out.uint(2, Math.round(timeUs - seconds * 1e6) * 1_000);
    out.close(mark);
  }

  #flags(flags: number): void {
    const out = this.#out;
    out.bool(6, (flags & EntryFlag.initiatorKnown) !== 0);
    out.bool(7, (flags & EntryFlag.opened) !== 0);
    out.uint(8, (flags >>> EntryFlag.outcomeShift) & EntryFlag.outcomeMask);
    out.bool(9, (flags & EntryFlag.outcomeFinal) !== 0);
    out.uint(10, (flags >>> EntryFlag.closedShift) & EntryFlag.closedMask);
  }

  #rest(w: number): void {
    const out = this.#out;
    const { words } = this.ring;
    out.bool(16, (words[w + Entry.flags]! & EntryFlag.partial) !== 0);
    out.double(17, words[w + Entry.rtt]! / 1e6);
    out.uint(20, (words[w + Entry.flags]! >>> EntryFlag.translationShift) & EntryFlag.translationMask);
  }

  #endpoint(
    field: number,
    address: number,
    port: number,
    pod: Uint8Array,
    service: PodEntry | undefined,
  ): void {
    const out = this.#out;
    const mark = out.open(field);
    out.string(1, formatAddress(networkOrder(this.ring.words, address)));
    out.uint(2, port);
    out.raw(pod);
    // Of a field that comes twice the later one holds.
    if (service) out.string(10, service.services![0]!);
    out.close(mark);
  }

  #hidden(field: number, port: number): void {
    const out = this.#out;
    const mark = out.open(field);
    out.uint(2, port);
    out.bool(13, true);
    out.close(mark);
  }

  /** A view tells which node has the pod, and what stands on the way. */
  #isShown(slot: number, vantage: number, sight: Sight): boolean {
    if (sight.all) return true;
    const { sourcePods, destinationPods } = this.ring;
    if (vantage === VANTAGE_SOURCE) return sight.owns(sourcePods[slot]);
    return vantage === VANTAGE_DESTINATION && sight.owns(destinationPods[slot]);
  }

  /** The counters of the view that counts. @param rare the flow's first rare value */
  #counters(w: number, flags: number, rare: number): void {
    const primary = (flags >>> EntryFlag.primaryShift) & EntryFlag.primaryMask;
    const record = primary === 0 ? NONE : w + Entry.record + (primary - 1) * Entry.recordWords;
    const isSource = primary === 0 || vantageOf(flags, primary - 1) === VANTAGE_SOURCE;
    this.#direction(11, record, isSource, rare === NONE ? NONE : rare + Rare.request);
    this.#direction(12, record, !isSource, rare === NONE ? NONE : rare + Rare.reply);
  }

  /** @param record first word of the record that counts  @param sent what its end sent @param rare of the direction */
  #direction(field: number, record: number, sent: boolean, rare: number): void {
    const out = this.#out;
    const { rares } = this.ring;
    const mark = out.open(field);
    if (record !== NONE) this.#counts(this.ring, record, sent);
    if (rare !== NONE) {
      out.uint(5, rares[rare]!);
      out.uint(6, rares[rare + 1]!);
      out.uint(7, rares[rare + 2]!);
    }
    out.close(mark);
  }

  /** Fields of Counters that are in a record. */
  #counts({ words, doubles }: Records, record: number, sent: boolean): void {
    const out = this.#out;
    const d = record >> 1;
    out.uint(1, words[record + (sent ? Rec.sentPackets : Rec.receivedPackets)]!);
    out.uint(2, doubles[d + (sent ? Rec.sentBytesDouble : Rec.receivedBytesDouble)]!);
    out.uint(3, doubles[d + (sent ? Rec.sentPayloadDouble : Rec.receivedPayloadDouble)]!);
    out.uint(4, words[record + (sent ? Rec.sentSegments : Rec.receivedSegments)]!);
  }

  /** @param rare the flow's first rare value */
  #failure(rare: number): void {
    const out = this.#out;
    const { rares } = this.ring;
    const icmp = rares[rare + Rare.icmp]!;
    if (icmp !== 0) {
      out.uint(18, (icmp - 1) >>> 8);
      out.uint(19, (icmp - 1) & 0xff);
    }
    out.uint(21, rares[rare + Rare.syns]!);
    out.uint(22, rares[rare + Rare.resetBy]!);
    out.uint(23, rares[rare + Rare.resetAfterRequest]!);
    out.uint(24, rares[rare + Rare.resetAfterReply]!);
  }

  #dns({ name, type, rcode, latencyUs }: DnsTransaction): void {
    const out = this.#out;
    const mark = out.open(14);
    out.string(1, name);
    out.string(2, dnsTypeName(type));
    out.string(3, dnsRcodeName(rcode));
    out.double(4, latencyUs / 1e6);
    out.close(mark);
  }

  /** @param record first word of the view's record */
  #view(slot: number, records: Records, record: number, vantage: number): void {
    const out = this.#out;
    const { sources } = this.ring;
    const { words, doubles } = records;
    const source = words[record + Rec.source]!;
    const state = words[record + Rec.state]!;
    const mark = out.open(15);
    out.bytes(1, this.#agent(source));
    out.uint(2, sources[source]!.epoch);
    out.uint(3, doubles[(record >> 1) + Rec.sequenceDouble]!);
    out.uint(4, vantage);
    out.uint(5, (state & FlowState.fromSocket) === 0 ? 1 : 2);
    out.uint(6, (state >>> FlowState.reasonShift) & FlowState.reasonMask);
    this.#counted(7, records, record, true);
    this.#counted(8, records, record, false);
    this.#look(slot, vantage);
    out.close(mark);
  }

  /** The ends as a view has them, where it has them otherwise. A hop may have both so. */
  #look(slot: number, vantage: number): void {
    const out = this.#out;
    const { words, looks } = this.ring;
    const flags = words[slot * Entry.words + Entry.flags]!;
    const at = slot * Look.words;
    if (flags & EntryFlag.caller && vantage !== VANTAGE_SOURCE) {
      out.string(10, formatAddress(networkOrder(looks, at + Look.caller)));
      out.uint(11, looks[at + Look.ports]! >>> 16);
    }
    if (flags & EntryFlag.dialled && vantage !== VANTAGE_DESTINATION) {
      out.string(12, formatAddress(networkOrder(looks, at + Look.dialled)));
      out.uint(13, looks[at + Look.ports]! & 0xffff);
    }
  }

  #counted(field: number, records: Records, record: number, sent: boolean): void {
    const mark = this.#out.open(field);
    this.#counts(records, record, sent);
    this.#out.close(mark);
  }

  #agent(number: number): Uint8Array {
    this.#agents[number] ??= Buffer.from(this.ring.sources[number]!.agent);
    return this.#agents[number];
  }

  #pod(pod: PodEntry | undefined): Uint8Array {
    if (!pod) return noPod;
    const known = this.#pods.get(pod);
    if (known) return known;
    const encoded = encodePod(pod);
    this.#pods.set(pod, encoded);
    return encoded;
  }
}

/** @param index of the view */
function vantageOf(flags: number, index: number): number {
  return (flags >>> (EntryFlag.vantageShift + 2 * index)) & EntryFlag.vantageMask;
}

const noPod = new Uint8Array(0);

function dnsRoom(dns: readonly DnsTransaction[]): number {
  let room = 0;
  for (const { name } of dns) room += DNS_ROOM + 3 * name.length;
  return room;
}

/** The fields of Endpoint that come from the pod, or what stands in the place of one: encoded once, copied into every flow. */
function encodePod(pod: PodEntry): Uint8Array {
  const out = new ProtoWriter(1_024);
  const put = (field: number, text: string): void => {
    out.reserve(16 + 3 * text.length);
    out.string(field, text);
  };
  put(3, pod.namespace);
  put(4, pod.name);
  put(5, pod.uid);
  for (const [key, value] of Object.entries(pod.labels)) {
    out.reserve(32 + 3 * (key.length + value.length));
    const mark = out.open(6);
    out.string(1, key);
    out.string(2, value);
    out.close(mark);
  }
  put(7, pod.node);
  put(8, pod.workload);
  if (pod.kind === 'name') put(9, pod.workload);
  if (pod.services?.length === 1) put(10, pod.services[0]!);
  put(11, pod.zone ?? '');
  put(12, pod.workloadKind ?? '');
  return out.message();
}
