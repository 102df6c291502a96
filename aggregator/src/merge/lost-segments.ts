import { Protocol } from '@snoopy/proto';

/** Bytes of the smallest full TCP segment (RFC 9293, 3.7.1: 536), and of the usual one over Ethernet. */
const SMALLEST_FULL = 536;
const USUAL_FULL = 1_448;

/**
 * Segments that one end sent and the other did not receive, from both ends' counts over the whole connection.
 *
 * Bytes decide whether anything was lost, because segments are cut and joined on the way (GSO at the sender, GRO at the
 * receiver) and their counts differ without loss. For TCP the number is bounded by what the lost bytes can have filled.
 *
 * @param payload bytes sent minus bytes received
 * @param segments packets with payload sent minus received
 */
export function lostSegments(protocol: number, payload: number, segments: number): number {
  if (payload <= 0) return 0;
  if (protocol !== Protocol.tcp) return Math.max(1, segments);
  if (segments <= 0) return Math.ceil(payload / USUAL_FULL);
  return Math.min(segments, Math.ceil(payload / SMALLEST_FULL));
}

/**
 * The same where both ends' sockets were read: the kernel counts every data segment it sends, those it sends again
 * too, and every one that arrives, in segments as they are on the wire whatever GSO and GRO make of them
 * (tcp_output.c `data_segs_out`, tcp.h `tcp_segs_in`). Its payload counts each byte once and tells nothing of loss.
 */
export function lostOfSockets(_protocol: number, _payload: number, segments: number): number {
  return Math.max(0, segments);
}
