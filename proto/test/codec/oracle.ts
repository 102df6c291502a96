import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import { FlowState, Initiator } from '../../src/index.js';
import type { PlainRow } from './batch-compare.js';

/**
 * FlowBatch read and written by protobufjs from the .proto alone, and its columns undone by the plainest code that
 * follows the comments in flow.proto: the independent second opinion on the codec.
 */
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => fileURLToPath(new URL(`../../../${target}`, import.meta.url));
root.loadSync('snoopy/v1/flow.proto', { keepCase: true });
const type = root.lookupType('snoopy.v1.FlowBatch');

type Fields = Record<string, number[]> & {
  pods: { uid: string; namespace: string; name: string }[];
  names: string[];
  addresses_v4: Uint8Array;
  addresses_v6: Uint8Array;
  client_port: Uint8Array;
};

/** A batch as plain numbers, defaults included. */
export function readFields(
  bytes: Uint8Array,
): Fields & { rows: number; base_us: number; first_sequence: number } {
  return type.toObject(type.decode(bytes), { longs: Number, defaults: true, arrays: true }) as never;
}

export function writeFields(fields: object): Buffer {
  return Buffer.from(type.encode(type.fromObject(fields)).finish());
}

/** The rows that the columns mean. */
export function oracleRows(batch: ReturnType<typeof readFields>): PlainRow[] {
  const rows: PlainRow[] = [];
  let time = batch.base_us;
  for (let i = 0; i < batch.rows; i++) {
    const kind = batch.kinds![batch.kind![i]!]!;
    time += batch.last_us![i]!;
    rows.push({
      lastUs: time,
      protocol: kind % 256,
      state: Math.floor(kind / 256),
      extras: [],
      dns: [],
    } as never);
  }
  const v4 = batch.addresses_v4.length / 4;
  const lastLocal = new Map<number, number>();
  const clientIsns = [...batch.client_isn!];
  const serverIsns = [...batch.server_isn!];
  let j = 0;
  for (let kind = 0; kind < batch.kinds!.length; kind++) {
    for (let i = 0; i < batch.rows; i++) {
      if (batch.kind![i] !== kind) continue;
      const row = rows[i]!;
      const pod = batch.pod![j]!;
      const { uid, namespace, name } = batch.pods[pod]!;
      row.pod = JSON.stringify({ uid, namespace, name });
      const written = batch.local_address![j]!;
      const local = written === 0 ? lastLocal.get(pod)! : written - 1;
      lastLocal.set(pod, local);
      row.local = address(batch, local);
      row.peer = address(batch, batch.peer_address![j]!);
      const service = batch.service_port![j]!;
      const client = batch.client_port[j * 2]! * 256 + batch.client_port[j * 2 + 1]!;
      const peerInitiated = row.state % 4 === Initiator.peer;
      row.localPort = peerInitiated ? service : client;
      row.peerPort = peerInitiated ? client : service;
      row.durationUs = batch.duration_us![j]!;
      const h =
        (row.protocol === 6 ? 66 : [17, 1, 58].includes(row.protocol) ? 42 : 34) + (local >= v4 ? 20 : 0);
      const sent = direction(batch, 'sent', j, h);
      const received = direction(batch, 'received', j, h);
      row.counters = sent.flatMap((value, k) => [value, received[k]!]);
      row.isns = [
        row.state & FlowState.hasClientIsn ? clientIsns.shift()! : null,
        row.state & FlowState.hasServerIsn ? serverIsns.shift()! : null,
      ];
      j++;
    }
  }
  addEntries(batch, rows);
  return rows;
}

/** Packets, bytes, payload, segments. */
function direction(batch: Fields, side: string, j: number, h: number): number[] {
  const packets = batch[`${side}_packets`]![j]!;
  const payload = batch[`${side}_payload`]![j]!;
  return [
    packets,
    payload + packets * h + batch[`${side}_overhead`]![j]!,
    payload,
    packets - batch[`${side}_empty`]![j]!,
  ];
}

function addEntries(batch: Fields, rows: PlainRow[]): void {
  let row = 0;
  batch.extra_row!.forEach((step, e) => {
    row += step;
    rows[row]!.extras.push([batch.extra_field![e]!, batch.extra_value![e]!]);
  });
  row = 0;
  batch.dns_row!.forEach((step, e) => {
    row += step;
    const name = batch.names[batch.dns_name![e]!]!;
    rows[row]!.dns.push([name, batch.dns_type![e]!, batch.dns_rcode![e]!, batch.dns_latency_us![e]!]);
  });
}

function address(batch: Fields, index: number): string {
  const v4 = batch.addresses_v4.length / 4;
  if (index < v4) {
    const bytes = batch.addresses_v4.subarray(index * 4, index * 4 + 4);
    return `00000000000000000000ffff${Buffer.from(bytes).toString('hex')}`;
  }
  const at = (index - v4) * 16;
  return Buffer.from(batch.addresses_v6.subarray(at, at + 16)).toString('hex');
}
