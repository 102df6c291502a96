import { DecodeError } from './decode-error.js';
import { type Decoded, LinkDirection } from './decoded.js';
import { network } from './network.js';

/*
 * What `tcpdump -i any` gives instead of link headers.
 *
 *  LINUX_SLL (113)                            LINUX_SLL2 (276)
 *   0 packet type                              0 protocol (EtherType)
 *   2 ARPHRD_ type                             2 reserved
 *   4 length of the address                    4 interface index
 *   6 source address, 8 bytes                  8 ARPHRD_ type
 *  14 protocol (EtherType)                    10 packet type, one byte
 *  16 data                                    11 length of the address
 *                                             12 source address, 8 bytes
 *                                             20 data
 */
const HEADER_1 = 16;
const HEADER_2 = 20;
const MAC_BYTES = 6;

/** PACKET_OUTGOING of linux/if_packet.h. */
const OUTGOING = 4;
/** PACKET_OTHERHOST: seen in promiscuous mode, for somebody else. */
const OTHER_HOST = 3;

/** Linux cooked capture, version 1. */
export function cookedV1(view: DataView, at: number, end: number, wireEnd: number, out: Decoded): number {
  if (end - at < HEADER_1) return DecodeError.linkTruncated;
  out.linkDirection = direction(view.getUint16(at));
  if (view.getUint16(at + 4) === MAC_BYTES) sourceMac(view, at + 6, out);
  return network(view, at + HEADER_1, end, wireEnd, view.getUint16(at + 14), out);
}

/** Linux cooked capture, version 2. */
export function cookedV2(view: DataView, at: number, end: number, wireEnd: number, out: Decoded): number {
  if (end - at < HEADER_2) return DecodeError.linkTruncated;
  out.linkDirection = direction(view.getUint8(at + 10));
  if (view.getUint8(at + 11) === MAC_BYTES) sourceMac(view, at + 12, out);
  return network(view, at + HEADER_2, end, wireEnd, view.getUint16(at), out);
}

function direction(packetType: number): number {
  if (packetType === OUTGOING) return LinkDirection.sent;
  return packetType < OTHER_HOST ? LinkDirection.received : LinkDirection.unknown;
}

function sourceMac(view: DataView, at: number, out: Decoded): void {
  out.srcMacHigh = view.getUint16(at);
  out.srcMacLow = view.getInt32(at + 2);
}
