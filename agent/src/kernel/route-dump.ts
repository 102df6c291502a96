import type { InterfaceAddress, InterfaceInfo } from '../podtracer/interface-info.js';
import { addressText } from './address-text.js';

/*
 * Interfaces and addresses as the kernel lists them (rtnetlink(7), include/uapi/linux/rtnetlink.h, if_link.h, if_addr.h),
 * all numbers in the machine's order:
 *
 *   nlmsghdr   0 u32 length   4 u16 type   6 u16 flags   8 u32 sequence   12 u32 port
 *   ifinfomsg 16 u8 family   18 u16 kind  20 i32 index  24 u32 flags      28 u32 change       32 attributes
 *   ifaddrmsg 16 u8 family   17 u8 prefix 18 u8 flags   19 u8 scope       20 u32 index        24 attributes
 *   attribute  0 u16 length   2 u16 type   4 value, padded to 4
 */
export const ROUTE = { newLink: 16, getLink: 18, newAddress: 20, getAddress: 22 } as const;

const NLM_F_REQUEST_DUMP = 0x301;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const HEADER = 16;
const LINK = { kind: 18, index: 20, flags: 24, attributes: 32 } as const;
const ADDRESS = { family: 16, prefix: 17, index: 20, attributes: 24 } as const;
const IFLA = { address: 1, name: 3, mtu: 4, extended: 29 } as const;
const IFA = { address: 1, local: 2 } as const;
const RTEXT_FILTER_SKIP_STATS = 8;
const IFF = { up: 1, loopback: 8 } as const;
/** The words of ip(8) for ARPHRD_ numbers. */
const kinds: Readonly<Record<number, string>> = { 1: 'ether', 772: 'loopback', 65534: 'none', 512: 'ppp' };

/** A request for all links (without their statistics), or for all addresses. */
export function dumpRequest(type: typeof ROUTE.getLink | typeof ROUTE.getAddress): Buffer {
  const links = type === ROUTE.getLink;
  const bytes = Buffer.alloc(links ? LINK.attributes + 8 : ADDRESS.attributes);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(NLM_F_REQUEST_DUMP, 6);
  if (!links) return bytes;
  bytes.writeUInt16LE(8, LINK.attributes);
  bytes.writeUInt16LE(IFLA.extended, LINK.attributes + 2);
  bytes.writeUInt32LE(RTEXT_FILTER_SKIP_STATS, LINK.attributes + 4);
  return bytes;
}

/** Collects the answers to both requests. */
export class RouteDump {
  readonly #links = new Map<number, InterfaceInfo & { addresses: InterfaceAddress[] }>();

  /** Interfaces by index, with addresses; to be asked when both answers are there. */
  get interfaces(): InterfaceInfo[] {
    return [...this.#links.values()];
  }

  /** Takes a datagram of an answer. Returns whether it was the last. Throws what the kernel refuses with. */
  take(bytes: Uint8Array, length: number): boolean {
    const view = new DataView(bytes.buffer, bytes.byteOffset, length);
    for (let at = 0; at + HEADER <= length; ) {
      const size = view.getUint32(at, true);
      if (size < HEADER || at + size > length) break;
      const type = view.getUint16(at + 4, true);
      if (type === NLMSG_DONE) return true;
      if (type === NLMSG_ERROR)
        throw new Error(`the kernel does not list interfaces: errno ${-view.getInt32(at + HEADER, true)}`);
      const message = new DataView(view.buffer, view.byteOffset + at, size);
      if (type === ROUTE.newLink) this.#link(message);
      else if (type === ROUTE.newAddress) this.#address(message);
      at += (size + 3) & ~3;
    }
    return false;
  }

  #link(message: DataView): void {
    const index = message.getInt32(LINK.index, true);
    const flags = message.getUint32(LINK.flags, true);
    const kind = message.getUint16(LINK.kind, true);
    const found = attributes(message, LINK.attributes);
    const mac = found.get(IFLA.address);
    const mtu = found.get(IFLA.mtu);
    this.#links.set(index, {
      index,
      name: textOf(found.get(IFLA.name)),
      up: (flags & IFF.up) !== 0,
      loopback: (flags & IFF.loopback) !== 0,
      link: kinds[kind] ?? `[${kind}]`,
      mtu: mtu ? new DataView(mtu.buffer, mtu.byteOffset).getUint32(0, true) : 0,
      ...(mac?.length === 6 ? { mac: mac.slice() } : {}),
      addresses: [],
    });
  }

  #address(message: DataView): void {
    const found = attributes(message, ADDRESS.attributes);
    const bytes = found.get(IFA.local) ?? found.get(IFA.address);
    const link = this.#links.get(message.getUint32(ADDRESS.index, true));
    if (!bytes || !link) return;
    link.addresses.push({ address: addressText(bytes), prefix: message.getUint8(ADDRESS.prefix) });
  }
}

function attributes(message: DataView, start: number): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  for (let at = start; at + 4 <= message.byteLength; ) {
    const size = message.getUint16(at, true);
    if (size < 4 || at + size > message.byteLength) break;
    const type = message.getUint16(at + 2, true) & 0x3fff;
    found.set(type, new Uint8Array(message.buffer, message.byteOffset + at + 4, size - 4));
    at += (size + 3) & ~3;
  }
  return found;
}

function textOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? [])
    .toString('utf8')
    .replace(/\0.*$/s, '');
}
