import { Closed, DNS_NO_ANSWER, Protocol } from '@snoopy/proto';
import type { CaptureTable } from './capture-table.js';
import { DNS_PENDING, type DnsPool } from './dns-pool.js';
import type { FlowStore } from './flow-store.js';
import { IndexQueue } from './index-queue.js';
import {
  captureOf,
  DNS_HEAD,
  DOUBLES,
  END_US,
  FLAGS,
  Flag,
  LEAVE_REASON,
  ORIGIN,
  PACKETS,
  protocolOf,
  WORDS,
} from './layout.js';

/**
 * The turns in a flow's life, and the two queues that lead to a row: `due` for what must be reported with the next
 * drain, `touched` for flows with packets to be reported at the end of the window.
 */
export class FlowLife {
  readonly due: IndexQueue;
  readonly touched: IndexQueue;

  /** Bytes that the queues take. */
  static bytes(capacity: number): number {
    return 8 * capacity;
  }

  constructor(
    readonly store: FlowStore,
    private readonly captures: CaptureTable,
    private readonly dns: DnsPool,
  ) {
    this.due = new IndexQueue(store.capacity);
    this.touched = new IndexQueue(store.capacity);
  }

  setDue(flow: number): void {
    const at = flow * WORDS + FLAGS;
    const flags = this.store.words[at]!;
    if (flags & Flag.inDue) return;
    this.store.words[at] = flags | Flag.inDue;
    this.due.push(flow);
  }

  setTouched(flow: number): void {
    const at = flow * WORDS + FLAGS;
    this.store.words[at] = this.store.words[at]! | Flag.inTouched;
    this.touched.push(flow);
  }

  /** The outcome of an attempt is known, for good. A second one changes nothing. */
  settle(flow: number, outcome: number): void {
    const at = flow * WORDS + FLAGS;
    const flags = this.store.words[at]!;
    if (flags & Flag.outcomeMask) return;
    this.store.words[at] = (flags & ~Flag.handshaking) | (outcome << Flag.outcomeShift) | Flag.final;
    this.setDue(flow);
  }

  /**
   * The flow ended; stragglers still find it. A second end changes nothing.
   *
   * @param closed how an established connection ended; none for a failed attempt
   */
  end(flow: number, closed: number, timeUs: number): void {
    const at = flow * WORDS + FLAGS;
    const flags = this.store.words[at]!;
    if (flags & Flag.ended) return;
    this.store.words[at] = (flags & ~Flag.handshaking) | (closed << Flag.closedShift) | Flag.ended;
    this.store.rareDoubles[flow * DOUBLES + END_US] = timeUs;
    this.setDue(flow);
  }

  /** An attempt failed: both of the above. */
  fail(flow: number, outcome: number, timeUs: number): void {
    this.settle(flow, outcome);
    this.end(flow, Closed.none, timeUs);
  }

  /** The flow's place is needed, or its time is over: it leaves with a last row if there is something to say. */
  leave(flow: number, reason: number): void {
    this.#giveUpQuestions(flow);
    if (!this.#owesLastRow(flow)) {
      this.release(flow);
      return;
    }
    this.store.detach(flow);
    this.store.rare[flow * WORDS + LEAVE_REASON] = reason;
    this.setDue(flow);
  }

  /** Forgets a flow that has nothing more to say. */
  release(flow: number): void {
    const captureId = captureOf(this.store.words[flow * WORDS + ORIGIN]!);
    this.store.release(flow);
    this.captures.get(captureId).flows--;
    this.captures.collect(captureId);
  }

  /** Forgets a flow and all that it would have said; the caller accounts for its packets. */
  discard(flow: number): void {
    this.#giveUpQuestions(flow);
    const head = flow * WORDS + DNS_HEAD;
    for (let entry = this.store.rare[head]! - 1; entry >= 0; ) {
      const next = this.dns.nextOfFlow[entry]! - 1;
      this.dns.release(entry);
      entry = next;
    }
    this.release(flow);
  }

  /** Whether a row must say something now: packets, DNS, a turn. */
  owesRow(flow: number): boolean {
    const base = flow * WORDS;
    const words = this.store.words;
    const flags = words[base + FLAGS]!;
    if (words[base + PACKETS] !== 0 || words[base + PACKETS + 1] !== 0) return true;
    if (flags & (Flag.opened | Flag.final)) return true;
    if ((flags & (Flag.ended | Flag.reported)) === Flag.ended) return true;
    return this.store.rare[base + LEAVE_REASON] !== 0 || this.hasAnswers(flow);
  }

  /** Whether the flow has DNS transactions to report. */
  hasAnswers(flow: number): boolean {
    let entry = this.store.rare[flow * WORDS + DNS_HEAD]! - 1;
    while (entry >= 0) {
      if (this.dns.rcode[entry] !== DNS_PENDING) return true;
      entry = this.dns.nextOfFlow[entry]! - 1;
    }
    return false;
  }

  /** Connections are told to be over, other flows just fade. */
  #owesLastRow(flow: number): boolean {
    const base = flow * WORDS;
    const flags = this.store.words[base + FLAGS]!;
    if (flags & Flag.excluded) return false;
    const protocol = protocolOf(this.store.words[base + ORIGIN]!);
    const isConnection = protocol === Protocol.tcp || protocol === Protocol.sctp;
    return this.owesRow(flow) || (isConnection && !(flags & Flag.reported));
  }

  #giveUpQuestions(flow: number): void {
    let entry = this.store.rare[flow * WORDS + DNS_HEAD]! - 1;
    while (entry >= 0) {
      this.dns.settle(entry, DNS_NO_ANSWER, 0);
      entry = this.dns.nextOfFlow[entry]! - 1;
    }
  }
}
