import { wordsKey } from '../pods/address-key.js';
import type { PodIndex } from '../pods/pod-index.js';
import type { Aliases } from './aliases.js';
import type { ConnectionTable } from './connection-table.js';
import type { MergedFlow, OtherLook } from './merged-flow.js';
import { Flag, SLOT_WORDS, Slot, TWO_BITS } from './slot-layout.js';

/** Bits of `MergedFlow.translation`. */
export const DNAT = 1;
export const SNAT = 2;

/** Writes into the merged flow who talks to whom. */
export class EndsWriter {
  readonly #table: ConnectionTable;
  readonly #pods: PodIndex;
  readonly #aliases: Aliases;
  readonly #flow: MergedFlow;
  readonly #source: Int32Array;
  readonly #destination: Int32Array;
  readonly #dialled: Int32Array;
  readonly #caller: Int32Array;

  constructor(table: ConnectionTable, pods: PodIndex, aliases: Aliases, flow: MergedFlow) {
    this.#table = table;
    this.#pods = pods;
    this.#aliases = aliases;
    this.#flow = flow;
    this.#source = flow.sourceWords;
    this.#destination = flow.destinationWords;
    this.#dialled = flow.dialled.words;
    this.#caller = flow.caller.words;
  }

  /** @returns the end that is the source */
  write(slot: number): number {
    const { words } = this.#table;
    const flow = this.#flow;
    const base = slot * SLOT_WORDS;
    const flags = words[base + Slot.flags]!;
    const initiator = (flags >>> Flag.initiatorShift) & TWO_BITS;
    const end = initiator !== 0 ? initiator - 1 : this.#lowerAddress(base);
    flow.slot = slot;
    flow.protocol = flags & Flag.protocolMask;
    flow.initiatorKnown = initiator !== 0;
    if (words[base + Slot.link] !== 0) this.#writeTranslated(slot, end);
    else this.#writeAddresses(base, end);
    this.#writePods(base, end);
    return end;
  }

  /** Says what of a hop's addresses and ports is not as the ends have it. @param look the slot that has them */
  writeHop(look: number, sourceEnd: number): void {
    const flow = this.#flow;
    this.#copy(look, sourceEnd, this.#caller);
    flow.caller.port = this.#aliases.port(look, sourceEnd);
    flow.caller.differs = differ(this.#caller, this.#source) || flow.caller.port !== flow.sourcePort;
    this.#copy(look, 1 - sourceEnd, this.#dialled);
    flow.dialled.port = this.#aliases.port(look, 1 - sourceEnd);
    flow.dialled.differs =
      differ(this.#dialled, this.#destination) || flow.dialled.port !== flow.destinationPort;
    this.#writeService();
  }

  #writeAddresses(base: number, end: number): void {
    const { words } = this.#table;
    const flow = this.#flow;
    const at = end === 0 ? base + Slot.low : base + Slot.high;
    const other = end === 0 ? base + Slot.high : base + Slot.low;
    for (let i = 0; i < 4; i++) {
      this.#source[i] = words[at + i]!;
      this.#destination[i] = words[other + i]!;
    }
    const ports = words[base + Slot.ports]!;
    flow.sourcePort = end === 0 ? ports >>> 16 : ports & 0xffff;
    flow.destinationPort = end === 0 ? ports & 0xffff : ports >>> 16;
    flow.translation = 0;
    flow.dialled.differs = false;
    flow.caller.differs = false;
    flow.dialledService = undefined;
  }

  /** Each end as it sees itself, and as the other sees it where that differs. */
  #writeTranslated(slot: number, end: number): void {
    const flow = this.#flow;
    const aliases = this.#aliases;
    const client = aliases.ownSlot(slot, end);
    const server = aliases.ownSlot(slot, 1 - end);
    this.#copy(client, end, this.#source);
    this.#copy(server, 1 - end, this.#destination);
    flow.sourcePort = aliases.port(client, end);
    flow.destinationPort = aliases.port(server, 1 - end);
    this.#writeLook(flow.dialled, this.#dialled, client, server, 1 - end);
    this.#writeLook(flow.caller, this.#caller, server, client, end);
    this.#writeService();
    flow.translation = (flow.dialled.differs ? DNAT : 0) | (flow.caller.differs ? SNAT : 0);
  }

  #writeLook(look: OtherLook, address: Int32Array, from: number, own: number, end: number): void {
    look.differs = !this.#aliases.agree(from, own, end);
    if (!look.differs) return;
    this.#copy(from, end, address);
    look.port = this.#aliases.port(from, end);
  }

  #writeService(): void {
    const flow = this.#flow;
    const place = flow.dialled.differs ? this.#pods.places.at(wordsKey(this.#dialled, 0)) : undefined;
    flow.dialledService = place?.kind === 'service' ? place : undefined;
  }

  #copy(from: number, end: number, to: Int32Array): void {
    const { words } = this.#table;
    const at = this.#aliases.addressAt(from, end);
    for (let i = 0; i < 4; i++) to[i] = words[at + i]!;
  }

  /** The end with the lower address, then port, where nobody knows who began. */
  #lowerAddress(base: number): number {
    const { words } = this.#table;
    const { sourceAddress, destinationAddress } = this.#flow;
    for (let i = 0; i < 4; i++) {
      this.#source[i] = words[base + Slot.low + i]!;
      this.#destination[i] = words[base + Slot.high + i]!;
    }
    for (let i = 0; i < 16; i++) {
      const difference = sourceAddress[i]! - destinationAddress[i]!;
      if (difference !== 0) return difference < 0 ? 0 : 1;
    }
    const ports = words[base + Slot.ports]!;
    return ports >>> 16 <= (ports & 0xffff) ? 0 : 1;
  }

  /** Looks pods up again when some changed since the connection's last flow. */
  #writePods(base: number, sourceEnd: number): void {
    const { words } = this.#table;
    const flow = this.#flow;
    const generation = this.#pods.generation;
    if (words[base + Slot.podGeneration] !== generation) {
      this.#refreshPods(base, 0);
      this.#refreshPods(base, 1);
      words[base + Slot.podGeneration] = generation;
    }
    const flags = words[base + Slot.flags]!;
    flow.renamed = (flags & Flag.renamed) !== 0;
    words[base + Slot.flags] = flags & ~Flag.renamed;
    flow.sourcePod = this.#pods.byId(words[base + Slot.pod + sourceEnd]! - 1);
    flow.destinationPod = this.#pods.byId(words[base + Slot.pod + 1 - sourceEnd]! - 1);
  }

  #refreshPods(base: number, end: number): void {
    const { words } = this.#table;
    const at = base + Slot.pod + end;
    const known = words[at]!;
    const seen = words[base + Slot.flags]! & (Flag.seen << end);
    if (!seen) {
      const [own, other] = end === 0 ? [Slot.high, Slot.low] : [Slot.low, Slot.high];
      const pod = words[base + Slot.pod + 1 - end]!;
      const now = this.#pods.endAt(pod, words, base + own, base + other, words[base + Slot.firstSeen]!);
      // An answer of the DNS that is forgotten by now was right all the same.
      if (now !== 0 || this.#pods.byId(known - 1)?.kind !== 'name') words[at] = now;
    }
    const id = words[at]!;
    if (id !== known || (id !== 0 && this.#pods.changedIn(id - 1) > words[base + Slot.podGeneration]!)) {
      words[base + Slot.flags]! |= Flag.renamed;
    }
  }
}

function differ(one: Int32Array, other: Int32Array): boolean {
  return one[0] !== other[0] || one[1] !== other[1] || one[2] !== other[2] || one[3] !== other[3];
}
