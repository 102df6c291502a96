import { Initiator, Outcome, Protocol } from '@snoopy/proto';
import { Decoded } from '../decode/decoded.js';
import type { FlowLife } from './flow-life.js';
import { CLIENT_ISN, FLAGS, Flag, ICMP, originOf, SENT, WORDS } from './layout.js';

/** Destination unreachable and time exceeded, with the code that is about something else (RFC 792, RFC 4443). */
const UNREACHABLE = 3;
const FRAGMENTATION_NEEDED = 4;
const TIME_EXCEEDED = 11;
const UNREACHABLE_V6 = 1;
const TIME_EXCEEDED_V6 = 3;
const IN_TRANSIT = 0;

/**
 * ICMP errors and the flows they are about: an attempt to connect, or a datagram that nobody had answered, becomes
 * `unreachable`. Linux's clients give up at the first such message as well (tcp_v4_err in the state SYN_SENT).
 */
export class IcmpErrors {
  readonly #quoted = new Decoded();

  constructor(private readonly life: FlowLife) {}

  /** Takes in an ICMP packet that quotes another one. The quoted one went the other way. */
  track(packet: Decoded, direction: number, captureId: number): void {
    if (!saysUnreachable(packet)) return;
    const quoted = 1 - direction;
    const flow = this.#find(packet, quoted, captureId);
    if (flow < 0) return;
    const flags = this.life.store.words[flow * WORDS + FLAGS]!;
    if ((flags & Flag.initiatorMask) !== (quoted === SENT ? Initiator.local : Initiator.peer)) return;
    if (packet.innerProtocol === Protocol.udp) this.#datagram(flow, flags, packet);
    else if (packet.innerProtocol === Protocol.tcp || packet.innerProtocol === Protocol.sctp)
      this.#attempt(flow, flags, packet);
  }

  #datagram(flow: number, flags: number, packet: Decoded): void {
    if (flags & (Flag.answered | Flag.outcomeMask)) return;
    this.#note(flow, packet);
    this.life.settle(flow, Outcome.unreachable);
  }

  #attempt(flow: number, flags: number, packet: Decoded): void {
    if (!(flags & Flag.handshaking) || flags & Flag.hasServerIsn) return;
    const isn = this.life.store.rare[flow * WORDS + CLIENT_ISN];
    if (packet.innerProtocol === Protocol.tcp && packet.innerHasTcpSeq && packet.innerTcpSeq !== isn) return;
    this.#note(flow, packet);
    this.life.fail(flow, Outcome.unreachable, packet.timeUs);
  }

  #note(flow: number, packet: Decoded): void {
    this.life.store.rare[flow * WORDS + ICMP] = ((packet.icmpType << 8) | packet.icmpCode) + 1;
  }

  #find(packet: Decoded, direction: number, captureId: number): number {
    const quoted = this.#quoted;
    quoted.ipVersion = packet.innerIpVersion;
    quoted.src0 = packet.innerSrc0;
    quoted.src1 = packet.innerSrc1;
    quoted.src2 = packet.innerSrc2;
    quoted.src3 = packet.innerSrc3;
    quoted.dst0 = packet.innerDst0;
    quoted.dst1 = packet.innerDst1;
    quoted.dst2 = packet.innerDst2;
    quoted.dst3 = packet.innerDst3;
    const sent = direction === SENT;
    const local = sent ? packet.innerSrcPort : packet.innerDstPort;
    const peer = sent ? packet.innerDstPort : packet.innerSrcPort;
    const origin = originOf(captureId, packet.innerProtocol, packet.innerIpVersion);
    const ports = (local << 16) | peer;
    const hash = this.life.store.hash.of(quoted, direction, ports, origin);
    return this.life.store.find(hash, quoted, direction, ports, origin);
  }
}

function saysUnreachable(packet: Decoded): boolean {
  const { icmpType: type, icmpCode: code } = packet;
  if (packet.protocol === Protocol.icmpv6)
    return type === UNREACHABLE_V6 || (type === TIME_EXCEEDED_V6 && code === IN_TRANSIT);
  return (
    (type === UNREACHABLE && code !== FRAGMENTATION_NEEDED) || (type === TIME_EXCEEDED && code === IN_TRANSIT)
  );
}
