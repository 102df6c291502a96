import { icmpResponderPort, Protocol } from '@snoopy/proto';
import type { Decoded } from '../decode/decoded.js';

/*
 * ICMP has no ports, so a flow's are made up: echo identifier for the initiator, type and code of the initiator's
 * message for the responder (see icmpResponderPort). A message that answers another one belongs to that one's flow.
 */

/** Answers and what they answer (RFC 792, RFC 950). */
const REQUEST_OF = new Map([
  [0, 8],
  [14, 13],
  [16, 15],
  [18, 17],
]);
/** Echo reply and request of RFC 4443. */
const REQUEST_OF_V6 = new Map([[129, 128]]);

const REQUESTS = answers(REQUEST_OF);
const REQUESTS_V6 = answers(REQUEST_OF_V6);

/** Whether the message answers another one, so that its sender is the responder. */
export function icmpIsAnswer(packet: Decoded): boolean {
  return requestOf(packet) >= 0;
}

/** Ports of the sender and the receiver of the message: sender << 16 | receiver. */
export function icmpPorts(packet: Decoded): number {
  const request = requestOf(packet);
  const id = packet.icmpId & 0xffff;
  if (request >= 0) return (icmpResponderPort(request, 0) << 16) | id;
  return (id << 16) | icmpResponderPort(packet.icmpType, packet.icmpCode);
}

function requestOf(packet: Decoded): number {
  return (packet.protocol === Protocol.icmpv6 ? REQUESTS_V6 : REQUESTS)[packet.icmpType & 0xff]!;
}

function answers(pairs: ReadonlyMap<number, number>): Int16Array {
  const table = new Int16Array(256).fill(-1);
  for (const [answer, request] of pairs) table[answer] = request;
  return table;
}
