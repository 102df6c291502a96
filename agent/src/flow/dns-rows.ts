import { type FlowColumns, FlowLimits } from '@snoopy/proto';
import type { AddressDictionary } from './address-dictionary.js';
import { ANSWER_WORDS, DNS_PENDING, type DnsPool } from './dns-pool.js';
import type { FlowStore } from './flow-store.js';
import { DNS_HEAD, WORDS } from './layout.js';
import { NameDictionary } from './name-dictionary.js';

/** Moves settled DNS transactions from the pool into a batch. */
export class DnsRows {
  readonly #names: NameDictionary;

  constructor(
    private readonly store: FlowStore,
    private readonly pool: DnsPool,
    private readonly addresses: AddressDictionary,
  ) {
    this.#names = new NameDictionary(pool);
  }

  begin(): void {
    this.#names.begin();
  }

  hasRoom(columns: FlowColumns): boolean {
    return columns.dns < columns.dnsRow.length && columns.names.length < FlowLimits.names;
  }

  /** Writes the flow's settled transactions. @returns whether all of them fitted */
  write(columns: FlowColumns, row: number, flow: number): boolean {
    const head = flow * WORDS + DNS_HEAD;
    let kept = 0; // the last entry that stays in the list, + 1
    let entry = this.store.rare[head]! - 1;
    while (entry >= 0) {
      const next = this.pool.nextOfFlow[entry]!;
      if (this.pool.rcode[entry] === DNS_PENDING) kept = entry + 1;
      else {
        if (!this.hasRoom(columns)) return false;
        this.#add(columns, row, entry);
        if (kept === 0) this.store.rare[head] = next;
        else this.pool.nextOfFlow[kept - 1] = next;
        this.pool.release(entry);
      }
      entry = next - 1;
    }
    return true;
  }

  #add(columns: FlowColumns, row: number, entry: number): void {
    const at = columns.dns++;
    columns.dnsRow[at] = row;
    columns.dnsName[at] = this.#names.indexOf(columns, entry);
    columns.dnsType[at] = this.pool.type[entry]!;
    columns.dnsRcode[at] = this.pool.rcode[entry]!;
    columns.dnsLatencyUs[at] = this.pool.latencyUs[entry]!;
    const { addressCount } = this.pool;
    if (addressCount[entry]! > 0) this.#addAnswers(columns, at, entry);
  }

  /** Answers that have no room are left out: an address then has no name, and nothing is wrong. */
  #addAnswers(columns: FlowColumns, at: number, entry: number): void {
    const { pool, addresses } = this;
    const count = pool.addressCount[entry]!;
    for (let i = 0; i < count; i++) {
      // Rows that still come need room for their own two.
      if (columns.answers === columns.answerDns.length || addresses.room(columns) < 4) return;
      const word = entry * ANSWER_WORDS + i * 4;
      columns.answerAddress[columns.answers] = addresses.indexOf(columns, pool.addresses, word);
      columns.answerDns[columns.answers++] = at;
    }
  }
}
