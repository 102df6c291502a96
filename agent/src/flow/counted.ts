/** Packets of one flow and direction that were counted elsewhere; one reused object. */
export class Counted {
  packets = 0;
  /** Of frames. */
  bytes = 0;
  /** Packets with payload. */
  segments = 0;
  payload = 0;
  /** TCP: the sequence number after the latest byte of this direction, and the latest acknowledgement that it sent. */
  nextSeq = 0;
  ack = 0;
}
