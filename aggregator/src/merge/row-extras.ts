import { type FlowColumns, FlowExtra } from '@snoopy/proto';
import type { DnsTransaction } from './merged-flow.js';

const noDns: readonly DnsTransaction[] = [];

/** What a record has besides its columns: rare values, and DNS transactions. */
export class RowExtras {
  handshakeUs = 0;
  rttUs = 0;
  sentRetransmits = 0;
  receivedRetransmits = 0;
  sentZeroWindows = 0;
  receivedZeroWindows = 0;
  /** `type << 8 | code`, -1: none. */
  icmp = -1;
  synRetries = 0;
  /** 1 the row's end, 2 its peer. */
  resetBy = 0;
  resetAfterSent = 0;
  resetAfterReceived = 0;
  /** TLS; '': none. */
  serverName = '';
  dns: readonly DnsTransaction[] = noDns;
  /** Something is there besides handshake and round trip. */
  rare = false;

  clear(): void {
    this.handshakeUs = 0;
    this.rttUs = 0;
    if (!this.rare) return;
    this.sentRetransmits = 0;
    this.receivedRetransmits = 0;
    this.sentZeroWindows = 0;
    this.receivedZeroWindows = 0;
    this.icmp = -1;
    this.synRetries = 0;
    this.resetBy = 0;
    this.resetAfterSent = 0;
    this.resetAfterReceived = 0;
    this.serverName = '';
    this.dns = noDns;
    this.rare = false;
  }

  /** Adds what a later record of the same end has, but for handshake and round trip. */
  add(later: RowExtras): void {
    if (!later.rare) return;
    this.rare = true;
    this.sentRetransmits += later.sentRetransmits;
    this.receivedRetransmits += later.receivedRetransmits;
    this.sentZeroWindows += later.sentZeroWindows;
    this.receivedZeroWindows += later.receivedZeroWindows;
    if (later.icmp >= 0) this.icmp = later.icmp;
    this.synRetries = Math.max(this.synRetries, later.synRetries);
    if (later.resetBy !== 0) {
      this.resetBy = later.resetBy;
      this.resetAfterSent = later.resetAfterSent;
      this.resetAfterReceived = later.resetAfterReceived;
    }
    this.serverName = later.serverName || this.serverName;
    if (later.dns.length > 0) this.dns = [...this.dns, ...later.dns];
  }

  copy(): RowExtras {
    return Object.assign(new RowExtras(), this);
  }

  set(field: number, value: number): void {
    if (field === FlowExtra.handshakeUs) this.handshakeUs = value;
    else if (field === FlowExtra.rttUs) this.rttUs = value;
    else this.#setRare(field, value);
  }

  #setRare(field: number, value: number): void {
    if (field === FlowExtra.sentRetransmits) this.sentRetransmits = value;
    else if (field === FlowExtra.receivedRetransmits) this.receivedRetransmits = value;
    else if (field === FlowExtra.sentZeroWindows) this.sentZeroWindows = value;
    else if (field === FlowExtra.receivedZeroWindows) this.receivedZeroWindows = value;
    else if (field === FlowExtra.icmp) this.icmp = value;
    else if (field === FlowExtra.synRetries) this.synRetries = value;
    else if (field === FlowExtra.resetBy) this.resetBy = value;
    else if (field === FlowExtra.resetAfterSent) this.resetAfterSent = value;
    else if (field === FlowExtra.resetAfterReceived) this.resetAfterReceived = value;
    else return;
    this.rare = true;
  }
}

/** Walks a batch's side columns along with its rows. */
export class ExtrasCursor {
  /** Of the row that was asked for last. */
  readonly current = new RowExtras();
  #extra = 0;
  #dns = 0;

  begin(): void {
    this.#extra = 0;
    this.#dns = 0;
  }

  /** Rows must be asked for in order; rows may be left out. */
  read(columns: FlowColumns, row: number): RowExtras {
    const { current } = this;
    current.clear();
    for (; this.#extra < columns.extras; this.#extra++) {
      const of = columns.extraRow[this.#extra]!;
      if (of > row) break;
      if (of === row) this.#set(columns, columns.extraField[this.#extra]!, columns.extraValue[this.#extra]!);
    }
    if (columns.dns > this.#dns) this.#readDns(columns, row);
    return current;
  }

  #set(columns: FlowColumns, field: number, value: number): void {
    if (field === FlowExtra.serverName) {
      this.current.serverName = columns.names[value - 1] ?? '';
      this.current.rare = true;
    } else this.current.set(field, value);
  }

  #readDns(columns: FlowColumns, row: number): void {
    let found: DnsTransaction[] | undefined;
    for (; this.#dns < columns.dns; this.#dns++) {
      const e = this.#dns;
      const of = columns.dnsRow[e]!;
      if (of > row) break;
      if (of < row) continue;
      found ??= [];
      found.push({
        name: columns.names[columns.dnsName[e]!]!,
        type: columns.dnsType[e]!,
        rcode: columns.dnsRcode[e]!,
        latencyUs: columns.dnsLatencyUs[e]!,
      });
    }
    if (!found) return;
    this.current.dns = found;
    this.current.rare = true;
  }
}
