import type { DnsTransaction, FlowSink, MergedFlow } from '../merge/merged-flow.js';
import {
  bucketOf,
  Cell,
  dnsBounds,
  handshakeBounds,
  rcodeIndex,
  rttBounds,
  SeriesBit,
  TOUCHED,
} from './cells.js';
import { Edges } from './edges.js';

const handshakeUs = handshakeBounds.map((seconds) => seconds * 1e6);
const rttUs = rttBounds.map((seconds) => seconds * 1e6);
const dnsUs = dnsBounds.map((seconds) => seconds * 1e6);
const requestBits = (1 << SeriesBit.bytes) | (1 << SeriesBit.packets);
const replyBits = requestBits << 1;

/**
 * Counts every merged flow, once for each connection and never once for each end. The edge of a connection is kept
 * in its memo, so that a flow costs a few additions.
 */
export class FlowMetrics implements FlowSink {
  readonly edges: Edges;

  /** @param mostEdges sets of labels; those beyond count as `other` */
  constructor(mostEdges: number) {
    this.edges = new Edges(mostEdges);
  }

  take(flow: MergedFlow): void {
    const { edges } = this;
    const edge = this.#edgeOf(flow);
    const { cells } = edges;
    const c = edge * Cell.each;
    const { request, reply } = flow;
    let wanted: number = TOUCHED;
    if (request.packets !== 0) {
      cells[c + Cell.requestBytes]! += request.bytes;
      cells[c + Cell.requestPackets]! += request.packets;
      wanted |= requestBits;
    }
    if (reply.packets !== 0) {
      cells[c + Cell.replyBytes]! += reply.bytes;
      cells[c + Cell.replyPackets]! += reply.packets;
      wanted |= replyBits;
    }
    const retransmits = request.retransmits + reply.retransmits;
    if (retransmits !== 0) {
      cells[c + Cell.retransmits]! += retransmits;
      wanted |= 1 << SeriesBit.retransmits;
    }
    const lost = request.lostSegments + reply.lostSegments;
    if (lost !== 0) {
      cells[c + Cell.lostSegments]! += lost;
      wanted |= 1 << SeriesBit.lostSegments;
    }
    if (flow.rttUs !== 0) {
      cells[c + Cell.rttBuckets + bucketOf(flow.rttUs, rttUs)]! += 1;
      cells[c + Cell.rttSum]! += Math.round(flow.rttUs);
      wanted |= 1 << SeriesBit.rtt;
    }
    if (flow.outcomeFinal || flow.closed !== 0 || flow.handshakeUs !== 0)
      wanted |= countEvents(cells, c, flow);
    if (flow.dns.length !== 0) wanted |= countDns(cells, c, flow.dns);
    edges.wanted[edge]! |= wanted;
  }

  /** The memo is 1 + the edge, or ~edge while the port is not settled. */
  #edgeOf(flow: MergedFlow): number {
    const kept = flow.memo;
    if (!flow.renamed && kept !== 0 && (kept > 0 || !Edges.answered(flow)))
      return kept > 0 ? kept - 1 : ~kept;
    const edge = this.edges.place(flow);
    flow.memo = edge >= 0 ? edge + 1 : edge;
    return edge >= 0 ? edge : ~edge;
  }
}

function countEvents(cells: Float64Array, c: number, flow: MergedFlow): number {
  let wanted = 0;
  if (flow.outcomeFinal && flow.outcome !== 0) {
    cells[c + Cell.outcomes + flow.outcome - 1]! += 1;
    wanted |= 1 << (SeriesBit.outcomes + flow.outcome - 1);
  }
  if (flow.closed !== 0) {
    cells[c + Cell.closed + flow.closed - 1]! += 1;
    wanted |= 1 << (SeriesBit.closed + flow.closed - 1);
  }
  if (flow.handshakeUs !== 0) {
    cells[c + Cell.handshakeBuckets + bucketOf(flow.handshakeUs, handshakeUs)]! += 1;
    cells[c + Cell.handshakeSum]! += Math.round(flow.handshakeUs);
    wanted |= 1 << SeriesBit.handshake;
  }
  return wanted;
}

function countDns(cells: Float64Array, c: number, dns: readonly DnsTransaction[]): number {
  let wanted = 0;
  for (const { rcode, latencyUs } of dns) {
    const index = rcodeIndex(rcode);
    cells[c + Cell.rcodes + index]! += 1;
    wanted |= 1 << (SeriesBit.rcodes + index);
    if (latencyUs === 0) continue;
    cells[c + Cell.dnsBuckets + bucketOf(latencyUs, dnsUs)]! += 1;
    cells[c + Cell.dnsSum]! += Math.round(latencyUs);
    wanted |= 1 << SeriesBit.dns;
  }
  return wanted;
}
