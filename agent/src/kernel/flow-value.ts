import { FLOW_ROW_OVER, type FlowMap, FlowRow, FlowRowCounter, rowBytesOf, TcpFlowRow } from './flow-row.js';

/**
 * A value of the maps flows4 and flows6 (agent/bpf/flows.h, `struct flow`), little endian:
 *
 *   0 u64 last_ns   8 u16 initiator   10 u16 tick   12 u32 rows   16 counted sent, received   64 reported sent, received
 *   112 u64 first_ns
 *
 * Each of the four is as in FlowRow: u64 bytes, u64 payload, u32 segments, u32 packets. In tcp_flows what TcpFlowRow has
 * besides comes next, at the same offsets.
 */
const FlowValue = { last: 0, counted: 16, reported: 64 } as const;
const DIRECTION_BYTES = 24;

/** The map's key of a row: addresses, ports, pod << 8 | protocol. */
export function flowKey(view: DataView, offset: number, map: FlowMap): Uint8Array {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, FlowRow.bytes);
  const skip = map === 'flows4' ? 12 : 0;
  const key = new Uint8Array(2 * (16 - skip) + 8);
  key.set(bytes.subarray(FlowRow.local + skip, FlowRow.local + 16), 0);
  key.set(bytes.subarray(FlowRow.peer + skip, FlowRow.peer + 16), 16 - skip);
  key.set(bytes.subarray(FlowRow.localPort, FlowRow.localPort + 4), 2 * (16 - skip));
  const podProtocol =
    (view.getUint32(offset + FlowRow.pod, true) << 8) | view.getUint8(offset + FlowRow.protocol);
  new DataView(key.buffer).setUint32(key.length - 4, podProtocol, true);
  return key;
}

/**
 * What a deleted flow counted after its last row.
 *
 * @returns a row with that; undefined when there is nothing
 */
export function leftOver(row: DataView, offset: number, value: DataView, map: FlowMap): DataView | undefined {
  const begin = row.byteOffset + offset;
  const last = new DataView(row.buffer.slice(begin, begin + rowBytesOf(map)));
  let packets = 0;
  for (const [index, at] of [FlowRow.sent, FlowRow.received].entries()) {
    const counted = FlowValue.counted + index * DIRECTION_BYTES;
    const reported = FlowValue.reported + index * DIRECTION_BYTES;
    for (const field of [FlowRowCounter.bytes, FlowRowCounter.payload]) {
      const delta = value.getBigUint64(counted + field, true) - value.getBigUint64(reported + field, true);
      last.setBigUint64(at + field, delta, true);
    }
    // Packets and segments share a word in the kernel, and segments never exceed packets: no borrow.
    for (const field of [FlowRowCounter.segments, FlowRowCounter.packets]) {
      const delta = (value.getUint32(counted + field, true) - value.getUint32(reported + field, true)) >>> 0;
      last.setUint32(at + field, delta, true);
      if (field === FlowRowCounter.packets) packets += delta;
    }
  }
  if (map === 'tcp_flows')
    for (let at = TcpFlowRow.nextSeq; at < TcpFlowRow.bytes; at += 4) last.setUint32(at, value.getUint32(at));
  const rows = last.getUint32(FlowRow.rows, true);
  if ((rows & (FLOW_ROW_OVER - 1)) === 0) last.setUint32(FlowRow.rows, rows + 1, true); // its first row is out
  last.setBigUint64(FlowRow.last, value.getBigUint64(FlowValue.last, true), true);
  return packets > 0 ? last : undefined;
}
