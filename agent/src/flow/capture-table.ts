import type { PodRef } from '@snoopy/proto';
import { type Decoded, LinkDirection } from '../decode/decoded.js';
import { RECEIVED, SENT } from './layout.js';

/** One interface of one pod that is being watched. */
export interface CaptureOptions {
  readonly pod: PodRef;
  readonly interface: string;
  /** The interface's own MAC, 6 bytes: frames from it are `sent`. Absent or zero (lo, tun): the addresses decide. */
  readonly mac?: Uint8Array | undefined;
  /** The pod's addresses, 4 or 16 bytes each. */
  readonly addresses: readonly Uint8Array[];
}

/** A capture and what it needs to tell the direction of a frame. */
export class Capture {
  /** Slots in the flow store that hold its flows. */
  flows = 0;
  removed = false;
  readonly #macHigh: number;
  readonly #macLow: number;
  #addresses = new Int32Array(0);

  constructor(
    readonly pod: PodRef,
    mac: Uint8Array | undefined,
    addresses: readonly Uint8Array[],
  ) {
    const view = new DataView(new ArrayBuffer(8));
    if (mac?.length === 6) new Uint8Array(view.buffer).set(mac, 2);
    this.#macHigh = view.getInt32(0);
    this.#macLow = view.getInt32(4);
    this.setAddresses(addresses);
  }

  setAddresses(addresses: readonly Uint8Array[]): void {
    this.#addresses = new Int32Array(addresses.length * 4);
    addresses.forEach((address, i) => {
      addressWords(address, this.#addresses, i * 4);
    });
  }

  /** Direction of a packet (SENT, RECEIVED): as the link layer says, else as the addresses do. */
  direction(packet: Decoded): number {
    if (packet.linkDirection !== LinkDirection.unknown)
      return packet.linkDirection === LinkDirection.sent ? SENT : RECEIVED;
    if ((this.#macHigh | this.#macLow) === 0) return this.#directionByAddress(packet);
    const differs = (packet.srcMacLow ^ this.#macLow) | (packet.srcMacHigh ^ this.#macHigh);
    return (differs | -differs) >>> 31; // 0 is SENT; without a branch, see FlowStore
  }

  /** A pod that talks to itself: the higher port is the local side, so that both directions are one flow. */
  #directionByAddress(packet: Decoded): number {
    const source = this.#owns(packet.src0, packet.src1, packet.src2, packet.src3);
    const target = this.#owns(packet.dst0, packet.dst1, packet.dst2, packet.dst3);
    return source && (!target || packet.srcPort >= packet.dstPort) ? SENT : RECEIVED;
  }

  #owns(a: number, b: number, c: number, d: number): boolean {
    const own = this.#addresses;
    for (let i = 0; i < own.length; i += 4)
      if (own[i + 3] === d && own[i + 2] === c && own[i + 1] === b && own[i] === a) return true;
    return false;
  }
}

/** Numbers captures. */
export class CaptureTable {
  readonly #captures: (Capture | undefined)[] = [];
  /** Where the search for a free number begins. */
  #next = 0;

  add(options: CaptureOptions): number {
    while (this.#captures[this.#next]) this.#next++;
    const id = this.#next++;
    if (id >= MAX_CAPTURES) throw new RangeError(`more than ${MAX_CAPTURES} captures`);
    this.#captures[id] = new Capture(options.pod, options.mac, options.addresses);
    return id;
  }

  find(id: number): Capture | undefined {
    return this.#captures[id];
  }

  /** The capture of that number; it must exist. */
  get(id: number): Capture {
    return this.#captures[id]!;
  }

  /** Frees the number of a removed capture whose last flow has left. */
  collect(id: number): void {
    const capture = this.#captures[id];
    if (!capture?.removed || capture.flows > 0) return;
    this.#captures[id] = undefined;
    this.#next = Math.min(this.#next, id);
  }

  /** Numbers in use. */
  ids(): number[] {
    return this.#captures.flatMap((capture, id) => (capture ? [id] : []));
  }
}

/** What fits into ORIGIN beside the protocol, and then some. */
const MAX_CAPTURES = 65_536;

/** Writes an address of 4 or 16 bytes as four words, IPv4 as ::ffff:a.b.c.d. */
export function addressWords(address: Uint8Array, out: Int32Array, at: number): void {
  const view = new DataView(address.buffer, address.byteOffset, address.byteLength);
  const v4 = address.length === 4;
  out[at] = v4 ? 0 : view.getInt32(0);
  out[at + 1] = v4 ? 0 : view.getInt32(4);
  out[at + 2] = v4 ? 0xffff : view.getInt32(8);
  out[at + 3] = view.getInt32(v4 ? 0 : 12);
}
