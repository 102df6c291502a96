import { FlowLimits } from './flow-record.js';

/** A pod as a batch refers to it. */
export interface PodRef {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

/**
 * A batch of flow rows as columns, reused from batch to batch: whoever fills it calls `clear()` first.
 * Times are microseconds since 1970 (exact in a double until 2255). See flow-record.ts for the meaning of a row.
 */
export class FlowColumns {
  rows = 0;

  readonly pod: Uint16Array;
  readonly lastUs: Float64Array;
  readonly durationUs: Uint32Array;
  readonly protocol: Uint8Array;
  readonly state: Uint32Array;
  /** Index into `addresses`. */
  readonly localAddress: Uint16Array;
  readonly peerAddress: Uint16Array;
  readonly localPort: Uint16Array;
  readonly peerPort: Uint16Array;
  readonly sentPackets: Uint32Array;
  readonly receivedPackets: Uint32Array;
  readonly sentBytes: Float64Array;
  readonly receivedBytes: Float64Array;
  readonly sentPayload: Float64Array;
  readonly receivedPayload: Float64Array;
  readonly sentSegments: Uint32Array;
  readonly receivedSegments: Uint32Array;
  /** Valid where `state` has hasClientIsn. */
  readonly clientIsn: Uint32Array;
  /** Valid where `state` has hasServerIsn. */
  readonly serverIsn: Uint32Array;

  /** Rare values, in row order. */
  extras = 0;
  readonly extraRow: Uint16Array;
  readonly extraField: Uint8Array;
  readonly extraValue: Float64Array;

  /** DNS transactions, in row order. */
  dns = 0;
  readonly dnsRow: Uint16Array;
  /** Index into `names`. */
  readonly dnsName: Uint16Array;
  readonly dnsType: Uint16Array;
  readonly dnsRcode: Uint16Array;
  readonly dnsLatencyUs: Uint32Array;

  /** Addresses that transactions were answered with, in the transactions' order. */
  answers = 0;
  /** Index of the transaction. */
  readonly answerDns: Uint16Array;
  /** Index into `addresses`. */
  readonly answerAddress: Uint16Array;

  readonly pods: PodRef[] = [];
  readonly names: string[] = [];
  /** The batch's addresses, 16 bytes each; IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2). */
  readonly addressBytes: Uint8Array;
  addresses = 0;

  constructor(readonly capacity: number = 1_000) {
    const n = capacity;
    this.pod = new Uint16Array(n);
    this.lastUs = new Float64Array(n);
    this.durationUs = new Uint32Array(n);
    this.protocol = new Uint8Array(n);
    this.state = new Uint32Array(n);
    this.localAddress = new Uint16Array(n);
    this.peerAddress = new Uint16Array(n);
    this.localPort = new Uint16Array(n);
    this.peerPort = new Uint16Array(n);
    this.sentPackets = new Uint32Array(n);
    this.receivedPackets = new Uint32Array(n);
    this.sentBytes = new Float64Array(n);
    this.receivedBytes = new Float64Array(n);
    this.sentPayload = new Float64Array(n);
    this.receivedPayload = new Float64Array(n);
    this.sentSegments = new Uint32Array(n);
    this.receivedSegments = new Uint32Array(n);
    this.clientIsn = new Uint32Array(n);
    this.serverIsn = new Uint32Array(n);
    this.extraRow = new Uint16Array(n * 4);
    this.extraField = new Uint8Array(n * 4);
    this.extraValue = new Float64Array(n * 4);
    this.dnsRow = new Uint16Array(n * 2);
    this.dnsName = new Uint16Array(n * 2);
    this.dnsType = new Uint16Array(n * 2);
    this.dnsRcode = new Uint16Array(n * 2);
    this.dnsLatencyUs = new Uint32Array(n * 2);
    this.answerDns = new Uint16Array(n * 4);
    this.answerAddress = new Uint16Array(n * 4);
    this.addressBytes = new Uint8Array(16 * Math.min(FlowLimits.addresses, n * 2));
  }

  /** Empties the batch; the arrays keep their old contents. */
  clear(): void {
    this.rows = 0;
    this.extras = 0;
    this.dns = 0;
    this.answers = 0;
    this.addresses = 0;
    this.pods.length = 0;
    this.names.length = 0;
  }
}
