import t from 'tap';
import { MADE_POD, makePcap } from '../../../bench/pcap-maker.js';
import { Ingest } from '../../../src/capture/ingest.js';
import { FlowTable } from '../../../src/flow/flow-table.js';

const PACKETS = 200_000;
const CHUNK = 65_536;

t.test('reader, decoder and flow table leave no garbage (DESIGN, law 3)', async (t) => {
  const pcap = makePcap({ packets: PACKETS, flows: 500 });
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < pcap.length; at += CHUNK) chunks.push(pcap.subarray(at, at + CHUNK));
  const table = new FlowTable({ memoryBytes: 16 << 20, seed: 3 });
  const pod = { uid: 'u', namespace: 'n', name: 'pod' };
  let grown = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 6; run++) {
    const ingest = new Ingest(table, table.addCapture({ pod, interface: 'eth0', ...MADE_POD }));
    const before = process.memoryUsage().heapUsed;
    for (const chunk of chunks) ingest.push(chunk);
    // the first runs are interpreted, and a collection in between says nothing
    const more = process.memoryUsage().heapUsed - before;
    if (more > 0) grown = Math.min(grown, more);
  }
  t.equal(table.counters.seenPackets, 6 * PACKETS);
  t.ok(grown < PACKETS, `${grown} bytes for ${PACKETS} packets`);
});
