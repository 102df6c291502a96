import { Protocol } from '@snoopy/proto';
import { Decoded, Fragment, LinkDirection, TcpFlag } from '../../src/decode/decoded.js';
import { FlowTable } from '../../src/flow/flow-table.js';
import { QUIET_US } from '../../src/flow/timeouts.js';
import { drainAll, type Row } from './rows.js';

export const LOCAL = '10.0.0.1';
export const PEER = '10.0.0.2';

export interface Side {
  readonly v6?: boolean;
  readonly localPort?: number;
  readonly peerPort?: number;
}

export interface TcpPacket extends Side {
  readonly flags: string;
  readonly seq?: number;
  readonly ack?: number;
  readonly payload?: number;
  readonly window?: number;
}

/** What a packet consists of; `sent` says the direction. */
export interface Packet extends Side {
  readonly sent: boolean;
  readonly protocol: number;
  readonly payload?: number;
  /** The payload itself, where it is looked into. */
  readonly data?: Uint8Array;
  readonly set?: (packet: Decoded) => void;
}

const FLAGS: Record<string, number> = {
  S: TcpFlag.syn,
  A: TcpFlag.ack,
  F: TcpFlag.fin,
  R: TcpFlag.rst,
  P: TcpFlag.psh,
};
const HEADER_BYTES = 54;

/** A flow table with one capture, fed with packets made by hand at times set by hand. */
export class FlowRig {
  readonly table: FlowTable;
  readonly capture: number;
  /** Microseconds since 1970. Begins when a window has just been cut, which is a little after its end. */
  nowUs = 1_700_000_000_000_000 + QUIET_US;
  readonly #packet = new Decoded();

  constructor(memoryBytes = 4 << 20) {
    this.table = new FlowTable({ memoryBytes, seed: 1 });
    this.capture = this.addCapture('pod');
    this.table.advance(this.nowUs);
  }

  addCapture(name: string): number {
    const pod = { uid: `uid-${name}`, namespace: 'test', name };
    return this.table.addCapture({ pod, interface: 'eth0', addresses: [] });
  }

  /** Lets time pass, in steps as the agent does. */
  wait(ms: number): this {
    for (let left = ms; left > 0; left -= 100) {
      this.nowUs += Math.min(left, 100) * 1_000;
      this.table.advance(this.nowUs);
    }
    return this;
  }

  /** Drains what is due once all flows have paused for long enough, without letting time pass. */
  drain(): Row[] {
    return drainAll(this.table, this.nowUs + QUIET_US);
  }

  /** Drains what is due now. */
  drainNow(): Row[] {
    return drainAll(this.table, this.nowUs);
  }

  /** Waits until nothing is held back any more, then drains. */
  settle(): Row[] {
    return this.wait(200).drain();
  }

  /** The pod sends a TCP segment: `send({ flags: 'S', seq: 100 })`. */
  send(packet: TcpPacket): this {
    return this.feed(tcp(true, packet));
  }

  receive(packet: TcpPacket): this {
    return this.feed(tcp(false, packet));
  }

  feed(packet: Packet, capture = this.capture): this {
    const out = this.#packet;
    fill(out, packet);
    out.timeUs = this.nowUs;
    packet.set?.(out);
    const data = packet.data ?? new Uint8Array(0);
    this.table.observe([out], 1, capture, new DataView(data.buffer, data.byteOffset, data.byteLength));
    return this;
  }

  /** A whole handshake: the pod connects (or is connected to). */
  connect(options: Side & { incoming?: boolean; isn?: number; serverIsn?: number } = {}): this {
    const { incoming = false, isn = 1_000, serverIsn = 5_000, ...side } = options;
    const client = (packet: TcpPacket): this => this.feed(tcp(!incoming, { ...side, ...packet }));
    const server = (packet: TcpPacket): this => this.feed(tcp(incoming, { ...side, ...packet }));
    client({ flags: 'S', seq: isn });
    this.nowUs += 200;
    server({ flags: 'SA', seq: serverIsn, ack: isn + 1 });
    this.nowUs += 100;
    return client({ flags: 'A', seq: isn + 1, ack: serverIsn + 1 });
  }
}

export function tcp(sent: boolean, packet: TcpPacket): Packet {
  return {
    ...packet,
    sent,
    protocol: Protocol.tcp,
    set: (out) => {
      for (const letter of packet.flags) out.tcpFlags |= FLAGS[letter]!;
      out.tcpSeq = (packet.seq ?? 0) | 0;
      out.tcpAck = (packet.ack ?? 0) | 0;
      out.tcpWindow = packet.window ?? 1_000;
    },
  };
}

export function udp(sent: boolean, side: Side & { payload?: number } = {}): Packet {
  return { payload: 10, ...side, sent, protocol: Protocol.udp };
}

/** An address as four words: 10.0.0.x, or fd00::x. */
function words(address: string, v6: boolean): [number, number, number, number] {
  const bytes = address.split('.').map(Number);
  const last = (bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!;
  return v6 ? [0xfd000000 | 0, 0, 0, last & 0xff] : [0, 0, 0xffff, last];
}

function fill(out: Decoded, packet: Packet): void {
  const v6 = packet.v6 ?? false;
  const local = words(LOCAL, v6);
  const peer = words(PEER, v6);
  const localPort = packet.localPort ?? 40_000;
  const peerPort = packet.peerPort ?? 80;
  [out.src0, out.src1, out.src2, out.src3] = packet.sent ? local : peer;
  [out.dst0, out.dst1, out.dst2, out.dst3] = packet.sent ? peer : local;
  out.srcPort = packet.sent ? localPort : peerPort;
  out.dstPort = packet.sent ? peerPort : localPort;
  out.linkDirection = packet.sent ? LinkDirection.sent : LinkDirection.received;
  out.ipVersion = v6 ? 6 : 4;
  out.protocol = packet.protocol;
  out.payloadBytes = packet.payload ?? packet.data?.length ?? 0;
  out.payloadOffset = 0;
  out.payloadCaptured = packet.data?.length ?? 0;
  out.wireBytes = HEADER_BYTES + out.payloadBytes;
  out.hasTransport = 1;
  out.fragment = Fragment.none;
  out.tcpFlags = 0;
  out.innerIpVersion = 0;
}
