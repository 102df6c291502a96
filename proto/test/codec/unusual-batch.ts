import { seeded } from '../../bench/flow-maker.js';
import { FlowColumns, FlowState } from '../../src/index.js';

/** A batch of anything that is allowed: every protocol number, both address families mixed, extreme counts. */
export function unusualBatch(seed: number, rows: number): FlowColumns {
  const random = seeded(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const size = (most: number): number => Math.floor(most ** random());
  const columns = new FlowColumns(Math.max(rows, 1));
  for (let i = 0; i < 1 + below(5); i++)
    columns.pods.push({ uid: `uid-${i}`, namespace: 'größe', name: `pod-${i}` });
  for (let i = 0; i < 2 + below(columns.addressBytes.length / 16 - 2); i++) {
    const start = i * 16;
    for (let k = 0; k < 16; k++) columns.addressBytes[start + k] = below(256);
    if (random() < 0.5) columns.addressBytes.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255], start);
    columns.addresses++;
  }
  for (let i = 0; i < 1 + below(4); i++) columns.names.push(i === 0 ? '' : `n${i}.example`);
  columns.rows = rows;
  for (let row = 0; row < rows; row++) {
    columns.pod[row] = below(columns.pods.length);
    columns.lastUs[row] = 2 ** 50 + below(seed % 3 === 0 ? 5 : 2 ** 38);
    columns.durationUs[row] = size(2 ** 32 - 1);
    columns.protocol[row] = below(256);
    columns.state[row] =
      below(3) |
      (below(5) << FlowState.outcomeShift) |
      (below(5) << FlowState.closedShift) |
      (below(8) << 8) |
      (below(32) << 11);
    columns.localAddress[row] = below(columns.addresses);
    columns.peerAddress[row] = below(columns.addresses);
    columns.localPort[row] = below(65_536);
    columns.peerPort[row] = below(65_536);
    columns.sentPackets[row] = size(2 ** 32 - 1);
    columns.receivedPackets[row] = size(2 ** 32 - 1);
    columns.sentBytes[row] = size(2 ** 51);
    columns.receivedBytes[row] = size(2 ** 51);
    columns.sentPayload[row] = size(2 ** 51);
    columns.receivedPayload[row] = size(2 ** 51);
    columns.sentSegments[row] = size(2 ** 32 - 1);
    columns.receivedSegments[row] = size(2 ** 32 - 1);
    columns.clientIsn[row] = below(2 ** 32);
    columns.serverIsn[row] = below(2 ** 32);
    for (let e = below(3); e > 0; e--) {
      columns.extraRow[columns.extras] = row;
      columns.extraField[columns.extras] = 1 + below(255);
      columns.extraValue[columns.extras++] = size(2 ** 53 - 1);
    }
    if (random() < 0.3) {
      const at = columns.dns++;
      columns.dnsRow[at] = row;
      columns.dnsName[at] = below(columns.names.length);
      columns.dnsType[at] = below(65_536);
      columns.dnsRcode[at] = below(65_536);
      columns.dnsLatencyUs[at] = size(2 ** 32 - 1);
    }
  }
  return columns;
}
