import {
  BUCKETS,
  Cell,
  closedNames,
  dnsBounds,
  handshakeBounds,
  outcomeNames,
  rcodes,
  rttBounds,
  SeriesBit,
} from './cells.js';
import { LinePage } from './line-page.js';

/** What an edge has in a family: one line, or a histogram's. */
export interface Series {
  /** Number of its bit in SeriesBit. */
  readonly bit: number;
  /** First cell, and how many belong to it. */
  readonly cell: number;
  readonly cells: number;
  /** A label of its own, with the comma before it. */
  readonly label: string;
}

/** A metric family of the flow page. */
export interface Family {
  readonly name: string;
  readonly page: LinePage;
  readonly series: readonly Series[];
  /** Lines that one series takes. */
  readonly linesEach: number;
  /** Adds the series of an edge. */
  add(labels: string, series: Series, firstCell: number): void;
  /** How many series there are to be shown. */
  readonly shown: number;
  /** Brings series `from` to `to` (exclusive) up to date. */
  update(cells: Float64Array, from: number, to: number): void;
}

class CounterFamily implements Family {
  readonly page: LinePage;
  readonly linesEach = 1;
  /** By line. */
  readonly #cells: number[] = [];

  constructor(
    readonly name: string,
    help: string,
    readonly series: readonly Series[],
  ) {
    this.page = new LinePage(name, 'counter', help);
  }

  get shown(): number {
    return this.#cells.length;
  }

  add(labels: string, { label }: Series, firstCell: number): void {
    this.page.add(`${this.name}{${labels}${label}}`);
    this.#cells.push(firstCell);
  }

  update(cells: Float64Array, from: number, to: number): void {
    for (let line = from; line < to; line++) this.page.set(line, cells[this.#cells[line]!]!);
  }
}

/** Lines of a histogram: buckets, sum, count. */
const HISTOGRAM_LINES = BUCKETS + 2;

class HistogramFamily implements Family {
  readonly page: LinePage;
  readonly linesEach = HISTOGRAM_LINES;
  readonly series: readonly Series[];
  readonly #cells: number[] = [];
  readonly #bounds: readonly string[];

  /** @param cell of the first bucket; the sum's follows the last one's */
  constructor(
    readonly name: string,
    help: string,
    bounds: readonly number[],
    bit: number,
    cell: number,
  ) {
    this.page = new LinePage(name, 'histogram', help);
    this.series = [{ bit, cell, cells: BUCKETS + 1, label: '' }];
    this.#bounds = [...bounds.map(String), '+Inf'];
  }

  get shown(): number {
    return this.#cells.length;
  }

  add(labels: string, _: Series, firstCell: number): void {
    for (const bound of this.#bounds) this.page.add(`${this.name}_bucket{${labels},le="${bound}"}`);
    this.page.add(`${this.name}_sum{${labels}}`);
    this.page.add(`${this.name}_count{${labels}}`);
    this.#cells.push(firstCell);
  }

  update(cells: Float64Array, from: number, to: number): void {
    const { page } = this;
    for (let index = from; index < to; index++) {
      const cell = this.#cells[index]!;
      let line = index * HISTOGRAM_LINES;
      let count = 0;
      for (let bucket = 0; bucket < BUCKETS; bucket++) {
        count += cells[cell + bucket]!;
        page.set(line++, count);
      }
      page.setSeconds(line++, cells[cell + BUCKETS]!);
      page.set(line, count);
    }
  }
}

/** Lines that differ in one label. */
function byLabel(name: string, values: readonly string[], bit: number, cell: number): Series[] {
  return values.map((value, i) => ({
    bit: bit + i,
    cell: cell + i,
    cells: 1,
    label: `,${name}="${value}"`,
  }));
}

function single(bit: number, cell: number): Series[] {
  return [{ bit, cell, cells: 1, label: '' }];
}

const directions = ['request', 'reply'];

/** The flow families (DESIGN, section 5), empty. */
export function flowFamilies(): Family[] {
  return [
    new CounterFamily(
      'snoopy_flow_bytes_total',
      'Bytes of frames, from the initiator (request) and to it (reply).',
      byLabel('direction', directions, SeriesBit.bytes, Cell.requestBytes),
    ),
    new CounterFamily(
      'snoopy_flow_packets_total',
      'Frames, from the initiator (request) and to it (reply).',
      byLabel('direction', directions, SeriesBit.packets, Cell.requestPackets),
    ),
    new CounterFamily(
      'snoopy_connections_total',
      'Attempts to connect by their final outcome, each counted once whoever saw it.',
      byLabel('outcome', outcomeNames, SeriesBit.outcomes, Cell.outcomes),
    ),
    new CounterFamily(
      'snoopy_connections_closed_total',
      'Established connections by how they ended: aborted is a failure, reset is not.',
      byLabel('how', closedNames, SeriesBit.closed, Cell.closed),
    ),
    new HistogramFamily(
      'snoopy_tcp_handshake_seconds',
      'From the first SYN to the ACK that completes the handshake.',
      handshakeBounds,
      SeriesBit.handshake,
      Cell.handshakeBuckets,
    ),
    new HistogramFamily(
      'snoopy_tcp_rtt_seconds',
      'Smoothed round-trip time of TCP connections, once for each record that has a new one.',
      rttBounds,
      SeriesBit.rtt,
      Cell.rttBuckets,
    ),
    new CounterFamily(
      'snoopy_tcp_retransmissions_total',
      'TCP segments sent again, both directions.',
      single(SeriesBit.retransmits, Cell.retransmits),
    ),
    new CounterFamily(
      'snoopy_path_lost_packets_total',
      'Packets with payload that one end sent and the other did not receive; both ends watched.',
      single(SeriesBit.lostSegments, Cell.lostSegments),
    ),
    new CounterFamily(
      'snoopy_dns_responses_total',
      'DNS questions by the code of their answer; NOANSWER when none came.',
      byLabel('rcode', rcodes, SeriesBit.rcodes, Cell.rcodes),
    ),
    new HistogramFamily(
      'snoopy_dns_seconds',
      'From a DNS question to its answer.',
      dnsBounds,
      SeriesBit.dns,
      Cell.dnsBuckets,
    ),
  ];
}
