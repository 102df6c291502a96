import { DecodeError } from './decode-error.js';
import type { Decoded } from './decoded.js';
import { quotedPacket } from './quoted-packet.js';

/*
 * RFC 792, RFC 4443
 *   0 type   1 code   2 checksum   4 echo: identifier, 6 sequence number   8 data, or the packet that an error is about
 */
const SHORTEST = 4;
const HEADER = 8;

const ECHO_REPLY = 0;
const UNREACHABLE = 3;
const SOURCE_QUENCH = 4;
const REDIRECT = 5;
const ECHO = 8;
const TIME_EXCEEDED = 11;
const PARAMETER_PROBLEM = 12;

const V6_FIRST_ERROR = 1;
/** ICMPv6: types below 128 are errors and quote what they are about. */
const V6_LAST_ERROR = 127;
const V6_ECHO = 128;
const V6_ECHO_REPLY = 129;

export function icmp(view: DataView, at: number, end: number, length: number, out: Decoded): number {
  const error = header(view, at, end, length, out);
  if (error !== DecodeError.none) return error;
  switch (out.icmpType) {
    case ECHO:
    case ECHO_REPLY:
      readEcho(view, at, end, out);
      break;
    case UNREACHABLE:
    case SOURCE_QUENCH:
    case REDIRECT:
    case TIME_EXCEEDED:
    case PARAMETER_PROBLEM:
      quotedPacket(view, at + HEADER, end, out);
  }
  return DecodeError.none;
}

export function icmpv6(view: DataView, at: number, end: number, length: number, out: Decoded): number {
  const error = header(view, at, end, length, out);
  if (error !== DecodeError.none) return error;
  const type = out.icmpType;
  if (type === V6_ECHO || type === V6_ECHO_REPLY) readEcho(view, at, end, out);
  else if (type >= V6_FIRST_ERROR && type <= V6_LAST_ERROR) quotedPacket(view, at + HEADER, end, out);
  return DecodeError.none;
}

function header(view: DataView, at: number, end: number, length: number, out: Decoded): number {
  if (end - at < SHORTEST) return DecodeError.transportTruncated;
  out.srcPort = 0;
  out.dstPort = 0;
  out.hasTransport = 1;
  out.icmpType = view.getUint8(at);
  out.icmpCode = view.getUint8(at + 1);
  out.icmpId = 0;
  out.icmpSeq = 0;
  out.payloadBytes = length > HEADER ? length - HEADER : 0;
  out.payloadOffset = at + HEADER;
  out.payloadCaptured = end - at > HEADER ? end - at - HEADER : 0;
  return DecodeError.none;
}

function readEcho(view: DataView, at: number, end: number, out: Decoded): void {
  if (end - at < HEADER) return;
  out.icmpId = view.getUint16(at + 4);
  out.icmpSeq = view.getUint16(at + 6);
}
