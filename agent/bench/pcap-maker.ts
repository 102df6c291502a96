/**
 * Makes pcap streams for benches: what the interface of one pod, a server, sees of its clients' connections,
 * with handshakes, requests, replies and ends, interleaved so that neighbouring packets belong to different
 * flows. The same options give the same bytes. Checksums are wrong, which no reader here looks at.
 */
export interface PcapOptions {
  /** Default 1,000,000. */
  packets?: number;
  /** Connections, all alive at once; each gets packets / flows. Default 1,000. */
  flows?: number;
  /** Bytes kept of a frame. Default 96: headers with options. */
  snaplen?: number;
  /** Share of IPv6 connections, 0 to 1. Default 0.2. */
  ipv6?: number;
  /** Share of UDP conversations, 0 to 1. Default 0.2. */
  udp?: number;
  /** Time stamp of the first packet, seconds since 1970. Default 1,700,000,000. */
  startSeconds?: number;
  /** Microseconds between packets. Default 1. */
  gapUs?: number;
}

/** The pod: 02:00:00:00:00:01, 10.2.0.1, fd00:2::1. */
export const MADE_POD = {
  mac: Uint8Array.of(2, 0, 0, 0, 0, 1),
  addresses: [Uint8Array.of(10, 2, 0, 1), Uint8Array.of(0xfd, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)],
} as const;
const POD_V4 = 0x0a020001;

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const ETHERNET = 14;
/** TCP header with the timestamps option, as nearly every segment has it. */
const TCP_BYTES = 32;
const SYN_BYTES = 40;
const UDP_BYTES = 8;
/** Packets of a connection that has a FIN; a shorter one stays open. */
const SHORTEST_THAT_ENDS = 8;
const REQUEST = 200;
const REPLY = 1400;
const FIN = 1;
const SYN = 2;
const PSH = 8;
const ACK = 16;

/** Bytes of a little-endian nanosecond pcap, as tcpdump --nano writes it on this kind of machine. */
export function makePcap(options: PcapOptions = {}): Uint8Array {
  const maker = new PcapMaker(options);
  return maker.make();
}

class PcapMaker {
  readonly #packets: number;
  readonly #flows: number;
  readonly #snaplen: number;
  readonly #ipv6: number;
  readonly #udp: number;
  readonly #startSeconds: number;
  readonly #gapUs: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(options: PcapOptions) {
    this.#packets = options.packets ?? 1_000_000;
    this.#flows = options.flows ?? 1_000;
    this.#snaplen = options.snaplen ?? 96;
    this.#ipv6 = options.ipv6 ?? 0.2;
    this.#udp = options.udp ?? 0.2;
    this.#startSeconds = options.startSeconds ?? 1_700_000_000;
    this.#gapUs = options.gapUs ?? 1;
    this.#bytes = new Uint8Array(FILE_HEADER + this.#packets * (RECORD_HEADER + this.#snaplen));
    this.#view = new DataView(this.#bytes.buffer);
  }

  make(): Uint8Array {
    this.#fileHeader();
    const stride = coprimeStride(this.#flows);
    const perFlow = Math.floor(this.#packets / this.#flows);
    for (let i = 0; i < this.#packets; i++) {
      const flow = (i * stride) % this.#flows;
      this.#packet(i, flow, Math.floor(i / this.#flows), perFlow);
    }
    return this.#bytes.subarray(0, this.#at);
  }

  #fileHeader(): void {
    const view = this.#view;
    view.setUint32(0, 0xa1b23c4d, true);
    view.setUint16(4, 2, true);
    view.setUint16(6, 4, true);
    view.setUint32(16, this.#snaplen, true);
    view.setUint32(20, 1, true);
    this.#at = FILE_HEADER;
  }

  #packet(index: number, flow: number, step: number, perFlow: number): void {
    const v6 = share(flow, 0x9e3779b1) < this.#ipv6;
    const udp = share(flow, 0x85ebca6b) < this.#udp;
    const fromClient = step % 2 === 0;
    const flags = udp ? 0 : tcpFlags(step, perFlow);
    const data = udp || flags === (PSH | ACK) ? (fromClient ? REQUEST : REPLY) : 0;
    const header = udp ? UDP_BYTES : (flags & SYN) !== 0 ? SYN_BYTES : TCP_BYTES;
    const ipBytes = v6 ? 40 : 20;
    const wire = ETHERNET + ipBytes + header + data;
    const captured = Math.min(wire, this.#snaplen);
    this.#recordHeader(index, captured, wire);
    const at = this.#at;
    const frame = new DataView(new ArrayBuffer(ETHERNET + 40 + SYN_BYTES));
    ethernet(frame, fromClient, v6);
    if (v6) ipv6(frame, flow, fromClient, header + data, udp ? 17 : 6);
    else ipv4(frame, flow, fromClient, 20 + header + data, udp ? 17 : 6);
    const above = ETHERNET + ipBytes;
    ports(frame, above, flow, fromClient);
    if (udp) {
      frame.setUint16(above + 4, UDP_BYTES + data);
      frame.setUint16(above + 6, 1); // 0 is not allowed over IPv6
    } else tcp(frame, above, flow, step, perFlow, flags);
    const headers = Math.min(captured, above + header);
    this.#bytes.set(new Uint8Array(frame.buffer, 0, headers), at);
    this.#at = at + captured;
  }

  #recordHeader(index: number, captured: number, wire: number): void {
    const view = this.#view;
    const us = index * this.#gapUs;
    view.setUint32(this.#at, this.#startSeconds + Math.floor(us / 1e6), true);
    view.setUint32(this.#at + 4, Math.floor((us % 1e6) * 1000), true);
    view.setUint32(this.#at + 8, captured, true);
    view.setUint32(this.#at + 12, wire, true);
    this.#at += RECORD_HEADER;
  }
}

/** The clients' frames all come from the gateway. */
function ethernet(frame: DataView, fromClient: boolean, v6: boolean): void {
  frame.setUint16(0, 0x0200);
  frame.setUint32(2, fromClient ? 1 : 2);
  frame.setUint16(6, 0x0200);
  frame.setUint32(8, fromClient ? 2 : 1);
  frame.setUint16(12, v6 ? 0x86dd : 0x0800);
}

/** SYN, SYN-ACK, ACK, then requests and replies, at the end FIN, FIN, ACK. */
function tcpFlags(step: number, perFlow: number): number {
  if (step === 0) return SYN;
  if (step === 1) return SYN | ACK;
  const end = endOf(perFlow);
  if (step === end || step === end + 1) return FIN | ACK;
  if (step === end + 2) return ACK;
  return step === 2 ? ACK : PSH | ACK;
}

function ipv4(frame: DataView, flow: number, fromClient: boolean, total: number, protocol: number): void {
  frame.setUint8(14, 0x45);
  frame.setUint16(16, total);
  frame.setUint16(20, 0x4000); // don't fragment
  frame.setUint8(22, 64);
  frame.setUint8(23, protocol);
  frame.setUint32(fromClient ? 26 : 30, 0x0a010000 | (flow & 0xffff));
  frame.setUint32(fromClient ? 30 : 26, POD_V4);
}

function ipv6(frame: DataView, flow: number, fromClient: boolean, length: number, next: number): void {
  frame.setUint8(14, 0x60);
  frame.setUint16(18, length);
  frame.setUint8(20, next);
  frame.setUint8(21, 64);
  const client = fromClient ? 22 : 38;
  const server = fromClient ? 38 : 22;
  frame.setUint32(client, 0xfd000001);
  frame.setUint32(client + 12, flow);
  frame.setUint32(server, 0xfd000002);
  frame.setUint32(server + 12, 1);
}

function ports(frame: DataView, at: number, flow: number, fromClient: boolean): void {
  const client = 32_768 + (flow % 28_000);
  const server = 8000 + (flow % 10);
  frame.setUint16(at, fromClient ? client : server);
  frame.setUint16(at + 2, fromClient ? server : client);
}

function tcp(frame: DataView, at: number, flow: number, step: number, perFlow: number, flags: number): void {
  const fromClient = step % 2 === 0;
  const client = clientSequence(flow, step, perFlow);
  const server = serverSequence(flow, step, perFlow);
  frame.setUint32(at + 4, fromClient ? client : server);
  if ((flags & ACK) !== 0) frame.setUint32(at + 8, fromClient ? server : client);
  const syn = (flags & SYN) !== 0;
  frame.setUint8(at + 12, (syn ? SYN_BYTES : TCP_BYTES) << 2);
  frame.setUint8(at + 13, flags);
  frame.setUint16(at + 14, 0xfaf0);
  if (syn) {
    frame.setUint32(at + 20, 0x02040578); // MSS 1400
    frame.setUint32(at + 24, 0x0402080a); // SACK permitted, timestamps
    frame.setUint32(at + 28, step);
    frame.setUint32(at + 36, 0x01030307); // window scale 7
  } else {
    frame.setUint32(at + 20, 0x0101080a);
    frame.setUint32(at + 24, step);
    frame.setUint32(at + 28, step);
  }
}

/** What the client has sent before this step: its SYN, requests at the even steps from 4 on, its FIN. */
function clientSequence(flow: number, step: number, perFlow: number): number {
  const initial = Math.imul(flow, 0x9e3779b1);
  if (step === 0) return initial;
  const finStep = endOf(perFlow) + 1 - (perFlow % 2);
  const requests = Math.max(0, Math.floor((Math.min(step, endOf(perFlow)) - 3) / 2));
  return initial + 1 + requests * REQUEST + (step > finStep ? 1 : 0);
}

/** What the server has sent before this step: its SYN, replies at the odd steps from 3 on, its FIN. */
function serverSequence(flow: number, step: number, perFlow: number): number {
  const initial = Math.imul(flow, 0x85ebca6b);
  if (step <= 1) return initial;
  const finStep = endOf(perFlow) + (perFlow % 2);
  const replies = Math.max(0, Math.floor((Math.min(step, endOf(perFlow)) - 2) / 2));
  return initial + 1 + replies * REPLY + (step > finStep ? 1 : 0);
}

/** The step of the first FIN; beyond all steps for connections too short to end. */
function endOf(perFlow: number): number {
  return perFlow >= SHORTEST_THAT_ENDS ? perFlow - 3 : Number.MAX_SAFE_INTEGER;
}

/** A number in [0, 1) that depends on the flow alone. */
function share(flow: number, salt: number): number {
  const mixed = Math.imul(flow ^ (flow >>> 15), salt) ^ (salt >>> 7);
  return (Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) >>> 0) / 2 ** 32;
}

/** A step that visits all of 0 … count-1 in an order without neighbours. */
function coprimeStride(count: number): number {
  let stride = Math.max(1, Math.floor(count * 0.618));
  while (gcd(stride, count) !== 1) stride++;
  return stride;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
