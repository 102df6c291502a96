import { Outcome, Protocol } from '@snoopy/proto';
import type { MergedFlow } from '../merge/merged-flow.js';
import { Cell, TOUCHED } from './cells.js';
import { Listeners } from './listeners.js';
import { Workloads } from './workloads.js';

/** Edge 0 takes what has no room for an edge of its own. */
export const OTHER_EDGE = 0;
/** Edge 1 is what the page shows as `other`: edge 0 and what families had no room for (see flow-page.ts). */
export const SHOWN_OTHER_EDGE = 1;

const labelOther =
  'src_namespace="other",src_workload="other",dst_namespace="other",dst_workload="other",protocol="other",dst_port="other"';

const protocols = ['TCP', 'UDP', 'SCTP', 'ICMP', 'ICMPv6', 'other'] as const;

function protocolIndex(protocol: number): number {
  switch (protocol) {
    case Protocol.tcp:
      return 0;
    case Protocol.udp:
      return 1;
    case Protocol.sctp:
      return 2;
    case Protocol.icmp:
      return 3;
    case Protocol.icmpv6:
      return 4;
    default:
      return 5;
  }
}

/** Port part of an edge's key: no port, some other port, or port + 2. */
const NO_PORT = 0;
const OTHER_PORT = 1;
const PORTS = 65_538;
/** More than workloads have numbers. */
const IDS = 65_536;

/** Numbers of the two workloads of an edge's key. */
function workloadsOf(key: number): [source: number, destination: number] {
  const pair = Math.floor(key / PORTS / 8);
  return [Math.floor(pair / IDS), pair % IDS];
}

/**
 * Edges: who talks to whom over what, one for each set of labels of the flow families, with its counts.
 * An edge stays while there is room: who removes it spoils the totals, and what comes back seldom would begin anew
 * each time and never have a rate. Where others have no room, those that were silent for hours go (`evict`).
 */
export class Edges {
  /** `Cell.each` for each edge. */
  cells: Float64Array = new Float64Array(64 * Cell.each);
  /** Bits of SeriesBit: series that the edge needs. */
  wanted: Uint32Array = new Uint32Array(64);
  readonly labels: string[] = [labelOther, labelOther];
  /** Flows whose connection found no room. */
  folded = 0;
  readonly #byKey = new Map<number, number>();
  /** By edge. */
  readonly #keys: number[] = [Number.NaN, Number.NaN];
  /** By edge: the last `look` that found a flow counted. */
  #usedMs = new Float64Array(64);
  /** Numbers of edges that were evicted. */
  readonly #free: number[] = [];
  readonly #workloads = new Workloads();
  readonly #listeners = new Listeners();

  /** @param most edges */
  constructor(readonly most: number) {}

  get count(): number {
    return this.labels.length;
  }

  /** Notes which edges were used since the last time. */
  look(nowMs: number): void {
    for (let edge = 0; edge < this.count; edge++) {
      if ((this.wanted[edge]! & TOUCHED) === 0) continue;
      this.wanted[edge]! &= ~TOUCHED;
      this.#usedMs[edge] = nowMs;
    }
  }

  /** Whether any edge was silent since then. */
  anyIdle(sinceMs: number): boolean {
    for (let edge = SHOWN_OTHER_EDGE + 1; edge < this.count; edge++)
      if (this.#isIdle(edge, sinceMs)) return true;
    return false;
  }

  /** Removes the edges that were silent since then, and the workloads and ports that only they had. */
  evict(sinceMs: number): void {
    const workloads = new Set<number>();
    for (let edge = SHOWN_OTHER_EDGE + 1; edge < this.count; edge++) {
      if (this.labels[edge] === '') continue;
      if (this.#isIdle(edge, sinceMs)) this.#remove(edge);
      else for (const id of workloadsOf(this.#keys[edge]!)) workloads.add(id);
    }
    for (const id of this.#workloads.keep(workloads)) this.#listeners.forget(id);
  }

  #isIdle(edge: number, sinceMs: number): boolean {
    return this.labels[edge] !== '' && this.wanted[edge]! < TOUCHED && this.#usedMs[edge]! < sinceMs;
  }

  #remove(edge: number): void {
    this.#byKey.delete(this.#keys[edge]!);
    this.labels[edge] = '';
    this.wanted[edge] = 0;
    this.cells.fill(0, edge * Cell.each, (edge + 1) * Cell.each);
    this.#free.push(edge);
  }

  /**
   * The edge of a flow; `~edge` while its port may still turn out to be one that the destination listens on
   * (then ask again when it answers).
   */
  place(flow: MergedFlow): number {
    const source = this.#workloads.of(flow.sourcePod);
    const destination = this.#workloads.of(flow.destinationPod);
    const protocol = protocolIndex(flow.protocol);
    let port = NO_PORT;
    let settled = true;
    if (protocol <= 2) {
      const answered = this.#learn(flow, destination.id);
      const known = this.#listeners.isLabel(destination.id, flow.protocol, flow.destinationPort);
      port = known ? flow.destinationPort + 2 : OTHER_PORT;
      settled = known || answered || !this.#mayLearn(flow, destination.id);
    }
    const key = ((source.id * IDS + destination.id) * 8 + protocol) * PORTS + port;
    const edge =
      this.#byKey.get(key) ??
      this.#add(key, `${source.asSource},${destination.asDestination},${tail(protocol, port)}`);
    if (edge === OTHER_EDGE) this.folded++;
    return settled ? edge : ~edge;
  }

  /** Whether the destination answered with this flow. */
  static answered(flow: MergedFlow): boolean {
    return flow.protocol === Protocol.tcp ? flow.outcome === Outcome.established : flow.reply.packets > 0;
  }

  #learn(flow: MergedFlow, destination: number): boolean {
    if (!this.#mayLearn(flow, destination) || !Edges.answered(flow)) return false;
    this.#listeners.learn(destination, flow.protocol, flow.destinationPort);
    return true;
  }

  /** Only where it is known who listens, and for pods: the world has too many ports. */
  #mayLearn(flow: MergedFlow, destination: number): boolean {
    return (
      flow.initiatorKnown &&
      flow.destinationPod !== undefined &&
      this.#listeners.hasRoom(destination, flow.protocol)
    );
  }

  #add(key: number, labels: string): number {
    const edge = this.#free.pop() ?? this.labels.length;
    if (edge >= this.most + 2) return OTHER_EDGE;
    this.labels[edge] = labels;
    this.#keys[edge] = key;
    this.#byKey.set(key, edge);
    if (edge >= this.wanted.length) this.#grow();
    return edge;
  }

  #grow(): void {
    const cells = new Float64Array(2 * this.cells.length);
    cells.set(this.cells);
    const wanted = new Uint32Array(2 * this.wanted.length);
    wanted.set(this.wanted);
    const usedMs = new Float64Array(wanted.length);
    usedMs.set(this.#usedMs);
    this.cells = cells;
    this.wanted = wanted;
    this.#usedMs = usedMs;
  }
}

function tail(protocol: number, port: number): string {
  const text = port === NO_PORT ? '' : port === OTHER_PORT ? 'other' : String(port - 2);
  return `protocol="${protocols[protocol]}",dst_port="${text}"`;
}
