/*
 * What live flows cost the aggregator: keeping one, looking at one with a filter, and making the message of one, with
 * the peer being @grpc/proto-loader's own serializer from objects that are made already. `--json` prints rows as JSON.
 */
import { performance } from 'node:perf_hooks';
import { type GetFlowsResponse, ObserverClient } from '@snoopy/proto';
import { type BenchRow, printRows } from '@snoopy/scripts/bench/bench-row';
import { compileFilters } from '../src/observe/filter/flow-filter.js';
import { FlowEncoder } from '../src/observe/flow-encoder.js';
import { FLOWS_KEPT, FlowRing } from '../src/observe/flow-ring.js';
import { makeFlow, makePod } from '../test/fakes/flow.js';
import { makeFilter } from '../test/fakes/query.js';

const ROUNDS = 9;
const BATCH = 1_000;

/** Median ns for each of `count` in one call of `work`. */
function cost(count: number, work: () => void): number {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    work();
    rounds.push(((performance.now() - start) * 1e6) / count);
  }
  return rounds.sort((a, b) => a - b)[ROUNDS >> 1]!;
}

const ring = new FlowRing();
const pods = Array.from({ length: 200 }, (_, i) =>
  makePod(`checkout-${i}`, { labels: { app: 'checkout', tier: 'backend', version: 'v12' } }),
);
const flows = Array.from({ length: 1_024 }, (_, i) =>
  makeFlow({
    sourcePod: pods[i % 200],
    destinationPod: pods[(i * 7) % 200],
    sourcePort: 30_000 + i,
    viewCount: 2,
    protocol: i % 8 === 0 ? 17 : 6,
  }),
);

const takeCost = cost(FLOWS_KEPT, () => {
  for (let i = 0; i < FLOWS_KEPT; i++) ring.take(flows[i & 1_023]!);
});

let matched = 0;
const matches = compileFilters(
  [makeFilter({ selector: 'app=checkout,tier!=frontend', cidrs: ['10.0.0.0/8'], ports: [80] })],
  [makeFilter({ protocols: ['udp'] })],
);
const filterCost = cost(FLOWS_KEPT, () => {
  for (let slot = 0; slot < FLOWS_KEPT; slot++) if (matches(ring, slot)) matched++;
});

const encoder = new FlowEncoder(ring);
let message: Buffer = Buffer.alloc(0);
const encodeCost = cost(BATCH * 20, () => {
  for (let batch = 0; batch < 20; batch++) {
    for (let slot = 0; slot < BATCH; slot++) encoder.flow(slot);
    const { bytes } = encoder;
    message = encoder.finish().subarray(0, bytes);
  }
});

const { responseSerialize, responseDeserialize } = ObserverClient.service.GetFlows;
const objects: GetFlowsResponse = responseDeserialize(message);
const loaderCost = cost(BATCH * 3, () => {
  for (let batch = 0; batch < 3; batch++) responseSerialize(objects);
});

const rows: BenchRow[] = [
  { bench: 'observe', what: 'keep a flow for live readers', ours: takeCost, unit: 'ns/flow' },
  {
    bench: 'observe',
    what: 'filter: selector, CIDR, port, one exclusion',
    ours: filterCost,
    unit: 'ns/flow',
    note: `${Math.round((100 * matched) / (ROUNDS * FLOWS_KEPT))} % match`,
  },
  {
    bench: 'observe',
    what: 'encode a flow with both pods and two views',
    ours: encodeCost,
    peer: '@grpc/proto-loader 0.8.1',
    peerValue: loaderCost,
    ratio: loaderCost / encodeCost,
    unit: 'ns/flow',
    note: `${Math.round(message.length / BATCH)} bytes each`,
  },
];
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(rows)}\n`);
else printRows(rows);
