/*
 * The agents' side of the link bench, a process of its own. Two agents, A with clients and B with servers, report
 * the same connections: each is two records, one of each end. What is sent was encoded before, so that the sender
 * does not hold up the receiver.
 */
import {
  EmitReason,
  FlowColumns,
  FlowState,
  Initiator,
  Outcome,
  type PodMessage,
  Protocol,
} from '@snoopy/proto';
import { seeded } from '@snoopy/proto/flow-maker';
import { BenchAgent, type Prepared, prepare } from './bench-agent.js';

const ROWS = 1_000;
const PODS = 50;
const EPOCH = 1_790_000_000_000_000;
const random = seeded(3);

function pods(side: string, subnet: number): PodMessage[] {
  return Array.from({ length: PODS }, (_, i) => ({
    uid: `${side}-${i}-0f8e2a64-77c1-4d0f-9a55-3f2b8c1d7e90`,
    namespace: `ns-${i % 5}`,
    name: `${side}-${i}-7d9c6b5f4-x${i}k2z`,
    labels: { app: `${side}-${i % 10}` },
    ips: [`10.244.${subnet}.${i + 1}`],
    state: 'WATCH_STATE_WATCHED' as const,
  }));
}

const clients = pods('client', 1);
const servers = pods('server', 2);

/** A batch of rows that one side sees of the connections given by number. */
function batch(columns: FlowColumns, numbers: Uint32Array, isClient: boolean, isFirst: boolean): Prepared {
  columns.clear();
  for (const { uid = '', namespace = '', name = '' } of isClient ? clients : servers)
    columns.pods.push({ uid, namespace, name });
  for (let i = 0; i < PODS * 2; i++) {
    columns.addressBytes.set(
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 244, i < PODS ? 1 : 2, (i % PODS) + 1],
      i * 16,
    );
  }
  columns.addresses = PODS * 2;
  columns.rows = numbers.length;
  for (const [row, number] of numbers.entries()) {
    const client = number % PODS;
    const server = Math.floor(number / PODS) % PODS;
    const clientPort = 20_000 + Math.floor(number / (PODS * PODS));
    columns.pod[row] = isClient ? client : server;
    columns.localAddress[row] = isClient ? client : PODS + server;
    columns.peerAddress[row] = isClient ? PODS + server : client;
    columns.localPort[row] = isClient ? clientPort : 8_080;
    columns.peerPort[row] = isClient ? 8_080 : clientPort;
    columns.protocol[row] = Protocol.tcp;
    columns.state[row] = stateOf(isClient, isFirst);
    columns.clientIsn[row] = Math.imul(number, 0x9e3779b1);
    columns.serverIsn[row] = Math.imul(number, 0x85ebca6b);
    columns.lastUs[row] = EPOCH + Math.floor(random() * 5_000_000);
    columns.durationUs[row] = Math.floor(random() * 4_000_000);
    const [out, back] = [300 + (number % 1_000), 2_000 + (number % 20_000)];
    const [sent, received] = isClient ? [out, back] : [back, out];
    columns.sentPackets[row] = 3 + (number % 7);
    columns.receivedPackets[row] = 3 + (number % 5);
    columns.sentSegments[row] = 2;
    columns.receivedSegments[row] = 2;
    columns.sentPayload[row] = sent;
    columns.receivedPayload[row] = received;
    columns.sentBytes[row] = sent + 66 * columns.sentPackets[row]!;
    columns.receivedBytes[row] = received + 66 * columns.receivedPackets[row]!;
  }
  return prepare(EPOCH, columns);
}

function stateOf(isClient: boolean, isFirst: boolean): number {
  const first = FlowState.opened | FlowState.outcomeFinal;
  return (
    (isClient ? Initiator.local : Initiator.peer) |
    (Outcome.established << FlowState.outcomeShift) |
    ((isFirst ? EmitReason.opened : EmitReason.active) << FlowState.reasonShift) |
    (isFirst ? first : 0) |
    FlowState.hasClientIsn |
    FlowState.hasServerIsn
  );
}

/** Fisher and Yates's shuffle. */
function shuffle(numbers: Uint32Array): Uint32Array {
  for (let i = numbers.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [numbers[i], numbers[j]] = [numbers[j]!, numbers[i]!];
  }
  return numbers;
}

let rounds: [Prepared, Prepared][] = [];
let agents: BenchAgent[] = [];

/** Connects, tells the receiver of all connections once, and makes what the rounds will send: in another order. */
async function open(port: number, connections: number): Promise<void> {
  agents = [new BenchAgent(port, 'node-a', EPOCH), new BenchAgent(port, 'node-b', EPOCH)];
  await agents[0]!.connect(clients);
  await agents[1]!.connect(servers);
  const columns = new FlowColumns(ROWS);
  const numbers = Uint32Array.from({ length: connections }, (_, i) => i);
  for (let at = 0; at < connections; at += ROWS) {
    const some = numbers.subarray(at, at + ROWS);
    await send(0, batch(columns, some, true, true));
    await send(1, batch(columns, some, false, true));
  }
  shuffle(numbers);
  rounds = [];
  for (let at = 0; at < connections; at += ROWS) {
    const some = numbers.slice(at, at + ROWS);
    rounds.push([batch(columns, some, true, false), batch(columns, shuffle(some), false, false)]);
  }
}

async function send(agent: number, prepared: Prepared): Promise<void> {
  const sender = agents[agent]!;
  if (!sender.send(prepared, ROWS)) await sender.drained();
}

let running = false;
let ended: Promise<void> = Promise.resolve();

/** As fast as the receiver takes it. */
async function saturate(): Promise<void> {
  for (let i = 0; running; i = (i + 1) % rounds.length) {
    await send(0, rounds[i]![0]);
    await send(1, rounds[i]![1]);
  }
}

/** So many rows a second, evenly. */
async function pace(rowsPerSecond: number): Promise<void> {
  const start = performance.now();
  for (let sent = 0; running; ) {
    const due = ((performance.now() - start) / 1_000) * rowsPerSecond;
    for (; sent < due; sent += 2 * ROWS) {
      const pair = rounds[(sent / (2 * ROWS)) % rounds.length]!;
      await send(0, pair[0]);
      await send(1, pair[1]);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Many agents, each with its own connection, that send nothing. */
async function openMany(port: number, count: number): Promise<void> {
  agents = [];
  for (let i = 0; i < count; i++) {
    const agent = new BenchAgent(port, `node-${count}-${i}`, EPOCH);
    await agent.connect([]);
    agents.push(agent);
  }
}

/** Each of them sends some batches, all the same, and then an empty one, as an agent does that has nothing to say. */
async function trafficOfMany(batches: number): Promise<void> {
  const columns = new FlowColumns(ROWS);
  const numbers = Uint32Array.from({ length: ROWS }, (_, i) => i);
  for (let n = 0; n < batches; n++) {
    const prepared = batch(columns, numbers, true, false);
    for (let i = 0; i < agents.length; i++) {
      await send(i, prepared);
      // All of them are one process here, which must answer pings meanwhile.
      if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    while (agents.some((agent) => agent.sequence - agent.acked > 4 * ROWS))
      await new Promise((resolve) => setTimeout(resolve, 20));
  }
  columns.clear();
  for (const agent of agents) agent.send(prepare(EPOCH, columns), 0);
}

type Command = {
  do: 'open' | 'openMany' | 'saturate' | 'pace' | 'traffic' | 'stop';
  port: number;
  count: number;
};

process.on('message', async (command: Command) => {
  running = command.do !== 'stop';
  if (command.do === 'open') await open(command.port, command.count);
  else if (command.do === 'openMany') await openMany(command.port, command.count);
  else if (command.do === 'traffic') await trafficOfMany(command.count);
  else if (command.do === 'saturate') ended = saturate();
  else if (command.do === 'pace') ended = pace(command.count);
  else await ended;
  process.send?.({
    bytes: rounds.reduce((sum, [a, b]) => sum + a.length + b.length, 0),
    rows: rounds.length * 2 * ROWS,
  });
});
process.on('disconnect', () => process.exit());
