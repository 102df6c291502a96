import { DNS_NO_ANSWER, Protocol } from '@snoopy/proto';
import type { Decoded } from '../decode/decoded.js';
import { parseDns, parseDnsOverTcp } from '../decode/dns.js';
import { DnsMessage, DnsOpcode } from '../decode/dns-message.js';
import type { DnsPool } from './dns-pool.js';
import type { FlowCounters } from './flow-counters.js';
import type { FlowLife } from './flow-life.js';
import { DNS_HEAD, WORDS } from './layout.js';
import { DNS_PATIENCE_US } from './timeouts.js';

export const DNS_PORT = 53;

/** Joins DNS questions with their answers, flow by flow. */
export class DnsTracker {
  readonly #message = new DnsMessage();

  constructor(
    private readonly life: FlowLife,
    private readonly pool: DnsPool,
    private readonly counters: FlowCounters,
  ) {}

  /** Takes in a packet of port 53. Of a message that spans TCP segments the first is read, or it is counted. */
  track(flow: number, packet: Decoded, direction: number, view: DataView): void {
    if (packet.payloadCaptured === 0 || !packet.hasTransport) return;
    if (packet.protocol !== Protocol.udp && packet.protocol !== Protocol.tcp) return;
    let at = packet.payloadOffset;
    const end = at + packet.payloadCaptured;
    if (packet.protocol === Protocol.udp) {
      this.#take(flow, packet, direction, parseDns(view, at, end, this.#message));
      return;
    }
    while (at < end) {
      const error = parseDnsOverTcp(view, at, end, this.#message);
      this.#take(flow, packet, direction, error);
      if (error !== 0) return;
      at += this.#message.streamBytes;
    }
  }

  /** Gives up the questions that waited too long. */
  advance(nowUs: number): void {
    const pool = this.pool;
    while (pool.oldest > 0) {
      const entry = pool.oldest - 1;
      if (nowUs - pool.askedUs[entry]! < DNS_PATIENCE_US) return;
      pool.settle(entry, DNS_NO_ANSWER, 0);
      this.life.setDue(pool.flow[entry]!);
    }
  }

  #take(flow: number, packet: Decoded, direction: number, error: number): void {
    const message = this.#message;
    if (error !== 0) this.counters.dnsErrors[error]!++;
    else if (message.opcode !== DnsOpcode.query) return;
    // the rest of a long answer over TCP may look like anything: what is asked goes to the port, answers come from it
    else if (message.isResponse === 0 && packet.dstPort === DNS_PORT) this.#ask(flow, packet, direction);
    else if (message.isResponse === 1 && packet.srcPort === DNS_PORT) this.#answer(flow, packet, direction);
    else this.counters.dnsUnmatched++;
  }

  /** A question sent again is the same transaction: its time counts from the first. */
  #ask(flow: number, packet: Decoded, direction: number): void {
    const { pool } = this;
    const message = this.#message;
    const key = (direction << 16) | message.id;
    if (pool.find(flow, key, message.qtype, message.nameHash) >= 0) return;
    const entry = pool.add(flow, key, message.name, message.nameLength);
    if (entry < 0) {
      this.counters.dnsLost++;
      return;
    }
    pool.type[entry] = message.qtype;
    pool.nameHash[entry] = message.nameHash;
    pool.askedUs[entry] = packet.timeUs;
    const at = flow * WORDS + DNS_HEAD;
    pool.nextOfFlow[entry] = this.life.store.rare[at]!;
    this.life.store.rare[at] = entry + 1;
  }

  #answer(flow: number, packet: Decoded, direction: number): void {
    const { pool } = this;
    const message = this.#message;
    const key = ((1 - direction) << 16) | message.id;
    const type = message.questions > 0 ? message.qtype : -1;
    const entry = pool.find(flow, key, type, message.nameHash);
    if (entry < 0) {
      this.counters.dnsUnmatched++;
      return;
    }
    if (message.addressCount > 0) pool.answer(entry, message.addresses, message.addressCount);
    pool.settle(entry, message.rcode, Math.max(1, packet.timeUs - pool.askedUs[entry]!));
    this.life.setDue(flow);
  }
}
