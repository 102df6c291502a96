import {
  Closed,
  EmitReason,
  FlowColumns,
  FlowState,
  Initiator,
  Outcome,
  type PodMessage,
  type PodRef,
  Protocol,
} from '@snoopy/proto';
import type { FlowSource } from '../../src/merge/flow-source.js';
import { Merge } from '../../src/merge/merge.js';
import type { FlowSink, MergedFlow, OtherLook } from '../../src/merge/merged-flow.js';
import { PodIndex } from '../../src/pods/pod-index.js';
import { type SeenView, viewsOf } from '../fakes/views.js';

/** A pod of the little world, 10.0.0.x or fd00::x, x decimal. */
export interface TestPod extends PodRef {
  readonly node: string;
  readonly ip: string;
}

/** What a row says; the rest is 0. */
export interface RowSpec {
  pod: TestPod;
  peer: string;
  localPort: number;
  peerPort: number;
  protocol?: number;
  initiator?: number;
  outcome?: number;
  closed?: number;
  reason?: number;
  opened?: boolean;
  final?: boolean;
  clientIsn?: number;
  serverIsn?: number;
  fromSocket?: boolean;
  lastUs?: number;
  durationUs?: number;
  sent?: [packets: number, payload: number, segments?: number];
  received?: [packets: number, payload: number, segments?: number];
  extras?: Record<number, number>;
  dns?: [name: string, type: number, rcode: number, latencyUs: number, ...addresses: string[]][];
}

/** A copy of a merged flow, flat enough to compare. */
export type Seen = Omit<
  MergedFlow,
  | 'sourceAddress'
  | 'destinationAddress'
  | 'sourcePod'
  | 'destinationPod'
  | 'dialled'
  | 'caller'
  | 'views'
  | 'records'
> & {
  /** `address:port`, '' where it does not differ. */
  dialled: string;
  caller: string;
  source: string;
  destination: string;
  views: SeenView[];
  sourcePod: string;
  destinationPod: string;
};

export const START_US = 1_790_000_000_000_000;
export const START_MS = 1_000_000;

/** Merge, pods and a sink that keeps what it got. Time stands still unless `pass` moves it. */
export class World implements FlowSink {
  readonly pods = new PodIndex();
  readonly merge: Merge;
  readonly flows: Seen[] = [];
  nowMs = START_MS + 60_000;
  readonly #sources = new Map<string, { source: FlowSource; sequence: number }>();
  readonly #known = new Map<string, Set<string>>();

  constructor(options: { capacity?: number; startMs?: number } = {}) {
    this.merge = new Merge({
      sinks: [this],
      pods: this.pods,
      seed: 0x1234567,
      capacity: options.capacity ?? 10_000,
      nowMs: options.startMs ?? START_MS,
      nowUs: START_US,
    });
  }

  /** A pod that its node's agent watches. */
  pod(name: string, node: string, ip: string, more: Partial<PodMessage> = {}): TestPod {
    const known = this.#known.get(node) ?? new Set();
    this.#known.set(node, known);
    const uid = `uid-${name}`;
    const pod = {
      uid,
      namespace: 'shop',
      name,
      labels: {},
      ips: [ip],
      hostNetwork: false,
      selected: true,
      state: 'WATCH_STATE_WATCHED' as const,
      reason: '',
      interfaces: ['eth0'],
      ...more,
    };
    this.pods.report(node, { full: false, pods: [pod as never], removed: [] }, known, this.nowMs);
    return { uid, namespace: 'shop', name, node, ip };
  }

  removePod(pod: TestPod): void {
    this.pods.report(
      pod.node,
      { full: false, pods: [], removed: [pod.uid] },
      this.#known.get(pod.node)!,
      this.nowMs,
    );
  }

  /** The agent of a node connects. */
  agent(node: string, epoch = 1): FlowSource {
    const source = this.merge.sources.add(node, epoch, this.nowMs);
    this.#sources.set(node, { source, sequence: 0 });
    return source;
  }

  /** Sends rows as one batch of their node's agent. @returns their sequence numbers */
  send(...rows: RowSpec[]): number[] {
    const node = rows[0]!.pod.node;
    const from = this.#sources.get(node)!;
    const columns = new FlowColumns(Math.max(rows.length, 40));
    for (const row of rows) addRow(columns, row);
    const first = from.sequence;
    from.sequence += rows.length;
    this.merge.take(columns, 0, from.source, first, this.nowMs);
    return rows.map((_, i) => first + i);
  }

  /** Lets time pass, in steps of the merge's tick. */
  pass(ms: number): void {
    for (let left = ms; left > 0; left -= 10) {
      this.nowMs += Math.min(10, left);
      while (this.merge.tick(this.nowMs));
    }
  }

  take(flow: MergedFlow): void {
    const { sourceAddress, destinationAddress, sourcePod, destinationPod, dialled, caller, ...more } = flow;
    const { views: _, records: __, ...rest } = more;
    this.flows.push({
      ...structuredClone(rest),
      views: viewsOf(flow),
      dialled: lookText(dialled),
      caller: lookText(caller),
      source: text(sourceAddress),
      destination: text(destinationAddress),
      sourcePod: sourcePod?.name || sourcePod?.workload || '',
      destinationPod: destinationPod?.name || destinationPod?.workload || '',
    });
  }

  /** What was emitted since the last call. */
  taken(): Seen[] {
    return this.flows.splice(0);
  }
}

/** Rows of a whole TCP connection, as its two ends see it. */
export function tcpPair(
  client: TestPod,
  server: TestPod,
  port: number,
  more: Partial<RowSpec> = {},
): [RowSpec, RowSpec] {
  const both = {
    protocol: Protocol.tcp,
    opened: true,
    outcome: Outcome.established,
    final: true,
    closed: Closed.fin,
    reason: EmitReason.closed,
    clientIsn: 0xf0000000 + port,
    serverIsn: 0xfff00000 + port,
    ...more,
  };
  return [
    {
      ...both,
      pod: client,
      peer: server.ip,
      localPort: port,
      peerPort: 80,
      initiator: Initiator.local,
      sent: [6, 500, 1],
      received: [5, 3_000, 3],
    },
    {
      ...both,
      pod: server,
      peer: client.ip,
      localPort: 80,
      peerPort: port,
      initiator: Initiator.peer,
      sent: [5, 3_000, 3],
      received: [6, 500, 1],
    },
  ];
}

/** What a NAT between the ends makes of a connection to port 80 of the server. */
export interface Nat {
  /** What the client dials. */
  dialled?: [ip: string, port: number];
  /** Whom the server takes for the client. */
  caller?: [ip: string, port: number];
}

/** `tcpPair` through a NAT. */
export function natPair(
  client: TestPod,
  server: TestPod,
  port: number,
  { dialled = [server.ip, 80], caller = [client.ip, port] }: Nat,
  more: Partial<RowSpec> = {},
): [RowSpec, RowSpec] {
  const [c, s] = tcpPair(client, server, port, more);
  return [
    { ...c, peer: dialled[0], peerPort: dialled[1] },
    { ...s, peer: caller[0], peerPort: caller[1] },
  ];
}

/** Appends a row to a batch. */
export function addRow(columns: FlowColumns, row: RowSpec): void {
  const i = columns.rows++;
  columns.pod[i] = podIndex(columns, row.pod);
  columns.localAddress[i] = addressIndex(columns, row.pod.ip);
  columns.peerAddress[i] = addressIndex(columns, row.peer);
  columns.localPort[i] = row.localPort;
  columns.peerPort[i] = row.peerPort;
  columns.protocol[i] = row.protocol ?? Protocol.tcp;
  columns.lastUs[i] = row.lastUs ?? START_US + 60_000_000;
  columns.durationUs[i] = row.durationUs ?? 1_000;
  columns.state[i] = stateOf(row);
  columns.clientIsn[i] = row.clientIsn ?? 0;
  columns.serverIsn[i] = row.serverIsn ?? 0;
  const [sentPackets, sentPayload, sentSegments = 0] = row.sent ?? [0, 0];
  const [receivedPackets, receivedPayload, receivedSegments = 0] = row.received ?? [0, 0];
  columns.sentPackets[i] = sentPackets;
  columns.receivedPackets[i] = receivedPackets;
  columns.sentPayload[i] = sentPayload;
  columns.receivedPayload[i] = receivedPayload;
  columns.sentSegments[i] = sentSegments;
  columns.receivedSegments[i] = receivedSegments;
  columns.sentBytes[i] = sentPayload + 66 * sentPackets;
  columns.receivedBytes[i] = receivedPayload + 66 * receivedPackets;
  for (const [field, value] of Object.entries(row.extras ?? {})) {
    columns.extraRow[columns.extras] = i;
    columns.extraField[columns.extras] = Number(field);
    columns.extraValue[columns.extras++] = value;
  }
  for (const [name, type, rcode, latencyUs, ...addresses] of row.dns ?? []) {
    for (const ip of addresses) {
      columns.answerDns[columns.answers] = columns.dns;
      columns.answerAddress[columns.answers++] = addressIndex(columns, ip);
    }
    columns.dnsRow[columns.dns] = i;
    columns.dnsName[columns.dns] = columns.names.push(name) - 1;
    columns.dnsType[columns.dns] = type;
    columns.dnsRcode[columns.dns] = rcode;
    columns.dnsLatencyUs[columns.dns++] = latencyUs;
  }
}

function stateOf(row: RowSpec): number {
  return (
    ((row.initiator ?? 0) << FlowState.initiatorShift) |
    ((row.outcome ?? 0) << FlowState.outcomeShift) |
    ((row.closed ?? 0) << FlowState.closedShift) |
    ((row.reason ?? EmitReason.active) << FlowState.reasonShift) |
    (row.opened ? FlowState.opened : 0) |
    (row.final ? FlowState.outcomeFinal : 0) |
    (row.fromSocket ? FlowState.fromSocket : 0) |
    (row.clientIsn === undefined ? 0 : FlowState.hasClientIsn) |
    (row.serverIsn === undefined ? 0 : FlowState.hasServerIsn)
  );
}

function podIndex(columns: FlowColumns, { uid, namespace, name }: PodRef): number {
  const known = columns.pods.findIndex((pod) => pod.uid === uid);
  return known >= 0 ? known : columns.pods.push({ uid, namespace, name }) - 1;
}

function addressIndex(columns: FlowColumns, ip: string): number {
  const bytes = Buffer.alloc(16);
  if (ip.includes('.')) bytes.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...ip.split('.').map(Number)]);
  else {
    bytes.writeUInt16BE(Number.parseInt(ip, 16));
    bytes[15] = Number(ip.split('::')[1]);
  }
  for (let i = 0; i < columns.addresses; i++) {
    if (bytes.equals(columns.addressBytes.subarray(i * 16, i * 16 + 16))) return i;
  }
  columns.addressBytes.set(bytes, columns.addresses * 16);
  return columns.addresses++;
}

function lookText({ differs, address, port }: OtherLook): string {
  return differs ? `${text(address)}:${port}` : '';
}

function text(address: Uint8Array): string {
  if (address[10] === 255) return [...address.subarray(12)].join('.');
  return `${Buffer.from(address.subarray(0, 2)).toString('hex')}::${address[15]}`;
}
