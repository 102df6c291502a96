/*
 * The simulated agents of the fleet bench, a process of its own. Each has pods of its own; a batch is encoded once and
 * for each agent made its own by what tells agents apart in it: two bytes of each address, four digits of each uid.
 */
import { FlowColumns, type PodMessage, Protocol } from '@snoopy/proto';
import { seeded } from '@snoopy/proto/flow-maker';
import { BenchAgent, type Prepared, prepare } from './bench-agent.js';

const ROWS = 1_000;
const EPOCH = 1_790_000_000_000_000;
/** Connections that begin at a time. */
const ABREAST = 100;
/** In place of an agent's number. */
const DIGITS = '####';
const PLACE = [0xee, 0xef];

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function podsOf(agent: number, count: number): PodMessage[] {
  return Array.from({ length: count }, (_, i) => ({
    uid: uid(String(agent).padStart(4, '0'), i),
    namespace: `ns-${i % 5}`,
    name: `web-${agent}-${i}-7d9c6b5f4-x${i}k2z`,
    labels: { app: `web-${i % 10}` },
    ips: [`10.${agent >> 8}.${agent & 255}.${i + 1}`],
    state: 'WATCH_STATE_WATCHED' as const,
  }));
}

function uid(agent: string, pod: number): string {
  return `0f8e2a64-77c1-4d0f-${agent}-3f2b8c1d${String(pod).padStart(4, '0')}`;
}

/** Rows of an agent whose pods talk to the outside and to each other. */
function template(pods: number, random: () => number): Prepared {
  const columns = new FlowColumns(ROWS);
  for (let i = 0; i < pods; i++) {
    columns.pods.push({ uid: uid(DIGITS, i), namespace: `ns-${i % 5}`, name: `web-${i}` });
    columns.addressBytes.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, ...PLACE, i + 1], i * 16);
  }
  columns.addressBytes.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 93, 184, 1, 1], pods * 16);
  columns.addresses = pods + 1;
  columns.rows = ROWS;
  for (let row = 0; row < ROWS; row++) {
    const pod = row % pods;
    columns.pod[row] = pod;
    columns.localAddress[row] = pod;
    columns.peerAddress[row] = row % 3 === 0 ? pods : (pod + 1) % pods;
    columns.localPort[row] = 20_000 + Math.floor(random() * 40_000);
    columns.peerPort[row] = 443;
    columns.protocol[row] = Protocol.udp;
    columns.lastUs[row] = EPOCH + row * 1_000;
    columns.sentPackets[row] = 3;
    columns.sentPayload[row] = Math.floor(random() * 10_000);
    columns.sentBytes[row] = columns.sentPayload[row]! + 126;
  }
  return prepare(EPOCH, columns);
}

/** Where a text or bytes stand in a batch. */
function places(batch: Buffer, what: Buffer): number[] {
  const found: number[] = [];
  for (let at = batch.indexOf(what); at >= 0; at = batch.indexOf(what, at + 1)) found.push(at);
  return found;
}

/** Makes agents' copies of a batch. */
class Copies {
  readonly #template: Prepared;
  readonly #digits: number[];
  readonly #addresses: number[];

  constructor(batch: Prepared) {
    this.#template = batch;
    this.#digits = places(batch, Buffer.from(`-${DIGITS}-`)).map((at) => at + 1);
    this.#addresses = places(batch, Buffer.from([10, ...PLACE])).map((at) => at + 1);
  }

  of(agent: number): Prepared {
    const copy = Buffer.from(this.#template);
    const digits = String(agent).padStart(4, '0');
    for (const at of this.#digits) copy.write(digits, at, 'latin1');
    for (const at of this.#addresses) copy.writeUInt16BE(agent, at);
    return copy;
  }
}

let agents: BenchAgent[] = [];
let pods = 0;

/** As after a restart of the aggregator: none is connected any more. */
async function connect(port: number, count: number): Promise<void> {
  for (const agent of agents) agent.leave();
  agents = Array.from({ length: count }, (_, n) => new BenchAgent(port, `node-${n}`, EPOCH));
  for (let from = 0; from < count; from += ABREAST) {
    const some = agents.slice(from, from + ABREAST);
    await Promise.all(some.map((agent, i) => agent.connect(podsOf(from + i, pods))));
  }
}

/** All agents send at once, each as fast as its connection lets it. Ends when all is acknowledged. */
async function sendAll(batches: number): Promise<void> {
  const random = seeded(5);
  const copies = Array.from({ length: batches }, () => new Copies(template(pods, random)));
  await Promise.all(
    agents.map(async (agent, number) => {
      for (const copy of copies) if (!agent.send(copy.of(number), ROWS)) await agent.drained();
    }),
  );
  while (agents.some(({ acked, sequence }) => acked < sequence)) await sleep(20);
}

type Command =
  | { do: 'connect'; port: number; agents: number; pods: number }
  | { do: 'send'; batches: number };

process.on('message', async (command: Command) => {
  if (command.do === 'connect') {
    pods = command.pods;
    await connect(command.port, command.agents);
  } else await sendAll(command.batches);
  process.send?.('done');
});
process.on('disconnect', () => process.exit());
