import {
  Closed,
  EmitReason,
  FlowColumns,
  FlowExtra,
  FlowState,
  Initiator,
  Outcome,
  Protocol,
} from '@snoopy/proto';
import type { FlowTable } from '../../src/flow/flow-table.js';

/** A row as a test wants to read it. */
export interface Row {
  pod: string;
  protocol: string;
  local: string;
  peer: string;
  localPort: number;
  peerPort: number;
  initiator: string;
  outcome: string;
  closed: string;
  reason: string;
  opened: boolean;
  final: boolean;
  fromSocket?: boolean;
  clientIsn?: number;
  serverIsn?: number;
  lastUs: number;
  durationUs: number;
  sent: Side;
  received: Side;
  extras: Record<string, number>;
  dns: DnsRow[];
  serverName?: string;
}

export interface Side {
  packets: number;
  bytes: number;
  payload: number;
  segments: number;
}

export interface DnsRow {
  name: string;
  type: number;
  rcode: number;
  latencyUs: number;
}

/** Everything that is due, in batches of `batch` rows. */
export function drainAll(table: Pick<FlowTable, 'drain'>, nowUs: number, batch = 1_000): Row[] {
  const columns = new FlowColumns(batch);
  const rows: Row[] = [];
  let more = true;
  while (more) {
    more = table.drain(columns, nowUs, batch);
    for (let row = 0; row < columns.rows; row++) rows.push(readRow(columns, row));
  }
  return rows;
}

function readRow(columns: FlowColumns, row: number): Row {
  const state = columns.state[row]!;
  const field = (shift: number, mask: number): number => (state >>> shift) & mask;
  return {
    pod: columns.pods[columns.pod[row]!]!.name,
    protocol: name(Protocol, columns.protocol[row]!),
    local: address(columns, columns.localAddress[row]!),
    peer: address(columns, columns.peerAddress[row]!),
    localPort: columns.localPort[row]!,
    peerPort: columns.peerPort[row]!,
    initiator: name(Initiator, field(FlowState.initiatorShift, FlowState.initiatorMask)),
    outcome: name(Outcome, field(FlowState.outcomeShift, FlowState.outcomeMask)),
    closed: name(Closed, field(FlowState.closedShift, FlowState.closedMask)),
    reason: name(EmitReason, field(FlowState.reasonShift, FlowState.reasonMask)),
    opened: (state & FlowState.opened) !== 0,
    final: (state & FlowState.outcomeFinal) !== 0,
    ...(state & FlowState.fromSocket ? { fromSocket: true } : {}),
    ...(state & FlowState.hasClientIsn ? { clientIsn: columns.clientIsn[row]! } : {}),
    ...(state & FlowState.hasServerIsn ? { serverIsn: columns.serverIsn[row]! } : {}),
    lastUs: columns.lastUs[row]!,
    durationUs: columns.durationUs[row]!,
    sent: {
      packets: columns.sentPackets[row]!,
      bytes: columns.sentBytes[row]!,
      payload: columns.sentPayload[row]!,
      segments: columns.sentSegments[row]!,
    },
    received: {
      packets: columns.receivedPackets[row]!,
      bytes: columns.receivedBytes[row]!,
      payload: columns.receivedPayload[row]!,
      segments: columns.receivedSegments[row]!,
    },
    extras: readExtras(columns, row),
    dns: readDns(columns, row),
    ...readServerName(columns, row),
  };
}

function readExtras(columns: FlowColumns, row: number): Record<string, number> {
  const extras: Record<string, number> = {};
  for (let i = 0; i < columns.extras; i++)
    if (columns.extraRow[i] === row) extras[name(FlowExtra, columns.extraField[i]!)] = columns.extraValue[i]!;
  return extras;
}

function readServerName(columns: FlowColumns, row: number): { serverName?: string } {
  for (let i = 0; i < columns.extras; i++)
    if (columns.extraRow[i] === row && columns.extraField[i] === FlowExtra.serverName)
      return { serverName: columns.names[columns.extraValue[i]! - 1]! };
  return {};
}

function readDns(columns: FlowColumns, row: number): DnsRow[] {
  const dns: DnsRow[] = [];
  for (let i = 0; i < columns.dns; i++)
    if (columns.dnsRow[i] === row)
      dns.push({
        name: columns.names[columns.dnsName[i]!]!,
        type: columns.dnsType[i]!,
        rcode: columns.dnsRcode[i]!,
        latencyUs: columns.dnsLatencyUs[i]!,
      });
  return dns;
}

function name(names: Record<string, number>, value: number): string {
  return Object.entries(names).find(([, number]) => number === value)?.[0] ?? String(value);
}

/** Dotted for IPv4, eight groups without leading zeros for IPv6. */
function address(columns: FlowColumns, index: number): string {
  const bytes = columns.addressBytes.subarray(index * 16, index * 16 + 16);
  const mapped =
    bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  if (mapped) return bytes.subarray(12).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[i * 2]! << 8) | bytes[i * 2 + 1]!).toString(16));
  return groups.join(':');
}
