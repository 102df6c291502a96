import { DecodeError } from './decode-error.js';
import { type Decoded, TcpFlag } from './decoded.js';
import { synOptions, timestamps } from './tcp-options.js';

/*
 * RFC 9293
 *   0 source port   2 destination port   4 sequence number   8 acknowledgement
 *  12 header length in words (high 4 bits)   13 flags   14 window   16 checksum   18 urgent   20 options
 */
export const TCP_HEADER = 20;

export function tcp(view: DataView, at: number, end: number, length: number, out: Decoded): number {
  if (end - at < TCP_HEADER) return DecodeError.transportTruncated;
  const header = (view.getUint8(at + 12) >>> 4) << 2;
  if (header < TCP_HEADER || header > length) return DecodeError.tcpHeaderLength;
  const flags = view.getUint8(at + 13);
  out.srcPort = view.getUint16(at);
  out.dstPort = view.getUint16(at + 2);
  out.tcpSeq = view.getInt32(at + 4);
  out.tcpAck = view.getInt32(at + 8);
  out.tcpFlags = flags;
  out.tcpWindow = view.getUint16(at + 14);
  out.hasTransport = 1;
  const payload = at + header;
  out.payloadBytes = length - header;
  out.payloadOffset = payload;
  out.payloadCaptured = end > payload ? end - payload : 0;
  out.tcpHasTimestamps = 0;
  const optionsEnd = Math.min(payload, end);
  if ((flags & TcpFlag.syn) !== 0) synOptions(view, at + TCP_HEADER, optionsEnd, out);
  else if (header > TCP_HEADER) timestamps(view, at + TCP_HEADER, optionsEnd, out);
  return DecodeError.none;
}
