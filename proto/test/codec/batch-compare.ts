import type { FlowColumns } from '../../src/index.js';

/** One row as a person would write it down. */
export interface PlainRow {
  pod: string;
  lastUs: number;
  durationUs: number;
  protocol: number;
  state: number;
  local: string;
  peer: string;
  localPort: number;
  peerPort: number;
  counters: number[];
  isns: (number | null)[];
  extras: [field: number, value: number][];
  dns: [name: string, type: number, rcode: number, latencyUs: number][];
}

/** The rows of a batch with everything looked up, in the order in which they are. */
export function plainRows(columns: FlowColumns): PlainRow[] {
  const rows: PlainRow[] = [];
  for (let i = 0; i < columns.rows; i++) {
    rows.push({
      pod: JSON.stringify(columns.pods[columns.pod[i]!]),
      lastUs: columns.lastUs[i]!,
      durationUs: columns.durationUs[i]!,
      protocol: columns.protocol[i]!,
      state: columns.state[i]!,
      local: address(columns, columns.localAddress[i]!),
      peer: address(columns, columns.peerAddress[i]!),
      localPort: columns.localPort[i]!,
      peerPort: columns.peerPort[i]!,
      counters: counters(columns, i),
      isns: [
        columns.state[i]! & (1 << 13) ? columns.clientIsn[i]! : null,
        columns.state[i]! & (1 << 14) ? columns.serverIsn[i]! : null,
      ],
      extras: [],
      dns: [],
    });
  }
  for (let e = 0; e < columns.extras; e++) {
    rows[columns.extraRow[e]!]!.extras.push([columns.extraField[e]!, columns.extraValue[e]!]);
  }
  for (let e = 0; e < columns.dns; e++) {
    const name = columns.names[columns.dnsName[e]!]!;
    rows[columns.dnsRow[e]!]!.dns.push([
      name,
      columns.dnsType[e]!,
      columns.dnsRcode[e]!,
      columns.dnsLatencyUs[e]!,
    ]);
  }
  return rows;
}

/** In order of time; rows of the same time keep their order. */
export function byTime(rows: PlainRow[]): PlainRow[] {
  return rows.toSorted((a, b) => a.lastUs - b.lastUs);
}

/** The first difference in words, or '' when both are the same. */
export function difference(found: PlainRow[], expected: PlainRow[]): string {
  if (found.length !== expected.length) return `${found.length} rows instead of ${expected.length}`;
  for (const [i, row] of expected.entries()) {
    const keys = Object.keys(row).sort((a, b) => (a < b ? -1 : 1));
    const [a, b] = [JSON.stringify(found[i], keys), JSON.stringify(row, keys)];
    if (a !== b) return `row ${i}: ${a} instead of ${b}`;
  }
  return '';
}

function address(columns: FlowColumns, index: number): string {
  return Buffer.from(columns.addressBytes.subarray(index * 16, index * 16 + 16)).toString('hex');
}

function counters(columns: FlowColumns, i: number): number[] {
  return [
    columns.sentPackets[i]!,
    columns.receivedPackets[i]!,
    columns.sentBytes[i]!,
    columns.receivedBytes[i]!,
    columns.sentPayload[i]!,
    columns.receivedPayload[i]!,
    columns.sentSegments[i]!,
    columns.receivedSegments[i]!,
  ];
}
