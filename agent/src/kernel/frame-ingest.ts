import { Protocol } from '@snoopy/proto';
import { newDecodeCounters } from '../decode/decode-error.js';
import { Decoded, LinkDirection, TcpFlag } from '../decode/decoded.js';
import { decodeFrame } from '../decode/frame.js';
import type { FlowTable } from '../flow/flow-table.js';
import { number64 } from './batch.js';
import { CopiedFrame, FRAME_COUNTS } from './copied-frame.js';
import type { HeldRows } from './held-rows.js';
import type { Ring } from './node-kernel.js';

/** What a copied frame may tell about a flow that lives in the kernel's maps. */
export interface FrameNews {
  /** A SYN that no socket was there for: answered with RST. */
  refused(packet: Decoded, pod: number): void;
  /** An ICMP error about a packet that the pod had sent. */
  unreachable(packet: Decoded, pod: number): void;
  /** The packet ends a connection whose other packets the kernel counts: they come first. */
  ending(packet: Decoded, pod: number): void;
}

/** The copied frames' way from the ring into the flow table: DNS, ICMP errors, fragments, odd headers. Synchronous. */
export class FrameIngest {
  /** Frames taken. */
  frames = 0;
  /** By DecodeError. */
  readonly errors = newDecodeCounters();
  /** Frames of many pods come mixed, so that each is given alone. */
  readonly #packets = [new Decoded()];

  constructor(
    private readonly ring: Ring,
    private readonly table: FlowTable,
    private readonly captureOf: (pod: number) => number | undefined,
    private readonly held: HeldRows,
    private readonly news: FrameNews,
  ) {}

  /**
   * Takes the frames that are there.
   *
   * @param wallOffsetUs added to CLOCK_MONOTONIC, gives microseconds since 1970
   * @param most frames at once, so that the event loop is not held
   * @returns whether there may be more
   */
  take(wallOffsetUs: number, most: number): boolean {
    const { ring } = this;
    let frames = 0;
    while (frames < most && ring.next()) {
      frames++;
      this.#takeOne(ring.data, ring.offset, ring.length, wallOffsetUs);
    }
    if (frames > 0) ring.release();
    this.frames += frames;
    return frames === most;
  }

  #takeOne(view: DataView, offset: number, length: number, wallOffsetUs: number): void {
    const pod = view.getUint32(offset + CopiedFrame.pod, true);
    const captureId = this.captureOf(pod);
    if (captureId !== undefined) this.read(view, offset, captureId, wallOffsetUs);
    else this.held.hold(pod, 'frame', view, offset, length);
  }

  /** Decodes the frame at `offset` and gives it to the flow table. */
  read(view: DataView, offset: number, captureId: number, wallOffsetUs: number): void {
    const packet = this.#packets[0]!;
    const pod = view.getUint32(offset + CopiedFrame.pod, true);
    packet.timeUs = Math.round(wallOffsetUs + number64(view, offset + CopiedFrame.time) / 1_000);
    const captured = view.getUint16(offset + CopiedFrame.captured, true);
    const length = view.getUint32(offset + CopiedFrame.length, true);
    const link = view.getUint16(offset + CopiedFrame.link, true);
    const error = decodeFrame(view, offset + CopiedFrame.bytes, captured, length, link, packet);
    if (error !== 0) {
      this.errors[error]!++;
      return;
    }
    const direction = view.getUint32(offset + CopiedFrame.direction, true);
    packet.linkDirection = direction & ~FRAME_COUNTS;
    this.#observe(packet, captureId, pod, view, direction >= FRAME_COUNTS);
  }

  /** TCP is counted by its sockets: only what has none is news here, and what the program marks is counted. */
  #observe(packet: Decoded, captureId: number, pod: number, view: DataView, counts: boolean): void {
    if (packet.protocol === Protocol.tcp && !counts) {
      if (isRefusal(packet)) this.news.refused(packet, pod);
      return;
    }
    if (counts && ends(packet, view)) this.news.ending(packet, pod);
    if (packet.innerIpVersion !== 0) this.news.unreachable(packet, pod);
    this.table.observe(this.#packets, 1, captureId, view);
  }
}

/** FIN and RST; ABORT and SHUTDOWN COMPLETE (RFC 9260, 3.2). */
function ends(packet: Decoded, view: DataView): boolean {
  if (packet.protocol === Protocol.tcp) return (packet.tcpFlags & (TcpFlag.fin | TcpFlag.rst)) !== 0;
  if (packet.protocol !== Protocol.sctp || packet.payloadCaptured === 0) return false;
  const chunk = view.getUint8(packet.payloadOffset);
  return chunk === 6 || chunk === 14;
}

/** RFC 9293, 3.5.2: a RST in answer to a SYN has sequence number 0 and acknowledges the SYN. The pod sent it. */
function isRefusal(packet: Decoded): boolean {
  const reset = TcpFlag.rst | TcpFlag.ack;
  const sent = packet.linkDirection === LinkDirection.sent;
  return sent && packet.fragment === 0 && (packet.tcpFlags & reset) === reset && packet.tcpSeq === 0;
}
