import type { ConnectionTable } from './connection-table.js';
import { Alias, Flag, SLOT_WORDS, Slot } from './slot-layout.js';

/** Looks of one connection beside the first: more than two NATs with a watched pod between each are not plausible. */
export const MOST_ALIASES = 4;

/**
 * The different addresses and ports under which a connection is seen. Each end is called by what its own view calls
 * it: an alias claims the ends that see themselves so, what none claims is called as in the connection's own slot.
 */
export class Aliases {
  readonly #table: ConnectionTable;

  constructor(table: ConnectionTable) {
    this.#table = table;
  }

  /** Makes a slot, which has addresses and ports, an alias of a connection. @param turned see `Alias.turned` */
  link(slot: number, connection: number, turned: number): void {
    const { words } = this.#table;
    const base = slot * SLOT_WORDS;
    const main = connection * SLOT_WORDS;
    words[base + Slot.flags]! |= Flag.alias;
    words[base + Alias.turned] = turned;
    words[base + Alias.claims] = 0;
    words[base + Alias.next] = words[main + Slot.link]!;
    words[base + Slot.link] = connection;
    words[main + Slot.link] = slot;
    this.#table.aliases++;
  }

  count(connection: number): number {
    const { words } = this.#table;
    let count = 0;
    for (let at = words[connection * SLOT_WORDS + Slot.link]!; at !== 0; count++)
      at = words[at * SLOT_WORDS + Alias.next]!;
    return count;
  }

  /** 1: the slot is an alias whose low end is its connection's high end. */
  turned(slot: number): number {
    const { words } = this.#table;
    const base = slot * SLOT_WORDS;
    return (words[base + Slot.flags]! & Flag.alias) === Flag.alias ? words[base + Alias.turned]! : 0;
  }

  /** An end's own view has the addresses and ports of a slot, the connection's or an alias'. */
  claim(connection: number, slot: number, end: number): void {
    const { words } = this.#table;
    for (let at = words[connection * SLOT_WORDS + Slot.link]!; at !== 0; ) {
      const claims = at * SLOT_WORDS + Alias.claims;
      words[claims] = at === slot ? words[claims]! | (1 << end) : words[claims]! & ~(1 << end);
      at = words[at * SLOT_WORDS + Alias.next]!;
    }
  }

  /** The slot with the addresses and ports that an end's own view has. */
  ownSlot(connection: number, end: number): number {
    const { words } = this.#table;
    for (let at = words[connection * SLOT_WORDS + Slot.link]!; at !== 0; ) {
      if (words[at * SLOT_WORDS + Alias.claims]! & (1 << end)) return at;
      at = words[at * SLOT_WORDS + Alias.next]!;
    }
    return connection;
  }

  /** Where the address of an end of the connection stands as a slot has it, as a word number. */
  addressAt(slot: number, end: number): number {
    return slot * SLOT_WORDS + ((end ^ this.turned(slot)) === 0 ? Slot.low : Slot.high);
  }

  /** The port of an end of the connection as a slot has it. */
  port(slot: number, end: number): number {
    const ports = this.#table.words[slot * SLOT_WORDS + Slot.ports]!;
    return (end ^ this.turned(slot)) === 0 ? ports >>> 16 : ports & 0xffff;
  }

  /** Whether two slots have the same address and port for an end. */
  agree(slot: number, other: number, end: number): boolean {
    if (this.port(slot, end) !== this.port(other, end)) return false;
    const { words } = this.#table;
    const one = this.addressAt(slot, end);
    const two = this.addressAt(other, end);
    for (let i = 0; i < 4; i++) if (words[one + i] !== words[two + i]) return false;
    return true;
  }
}
