import * as http2 from 'node:http2';
import * as grpc from '@grpc/grpc-js';
import t from 'tap';
import {
  AgentLinkClient,
  agentLinkService,
  createLinkServer,
  flowsMethod,
  linkChannelOptions,
} from '../../src/index.js';
import {
  FIRST_WINDOW,
  LARGEST_WINDOW,
  WindowBudget,
  type WindowedConnection,
} from '../../src/window-budget.js';

/** A connection that received what a test says. */
function connection(): WindowedConnection & { bytes: number; windows: number[] } {
  const windows: number[] = [];
  return {
    bytes: 0,
    windows,
    received() {
      return this.bytes;
    },
    setWindow: (bytes) => void windows.push(bytes),
  };
}

t.test('a connection that fills its window gets twice as much, up to the largest', (t) => {
  const budget = new WindowBudget(64 << 20);
  const busy = connection();
  const calm = connection();
  budget.add(busy);
  budget.add(calm);
  for (let i = 0; i < 10; i++) {
    busy.bytes += 16 << 20;
    calm.bytes += 1_000;
    budget.tick();
  }
  t.strictSame(
    busy.windows,
    [256, 512, 1_024, 2_048, 4_096, 8_192].map((kilobytes) => kilobytes << 10),
  );
  t.equal(busy.windows.at(-1), LARGEST_WINDOW);
  t.strictSame(calm.windows, [FIRST_WINDOW]);
  t.end();
});

t.test('all share one budget, and idle or closed ones give back', (t) => {
  const budget = new WindowBudget(1 << 20);
  const all = Array.from({ length: 10 }, connection);
  for (const one of all) budget.add(one);
  const fill = () => {
    for (const one of all) one.bytes += 16 << 20;
    budget.tick();
  };
  for (let i = 0; i < 5; i++) fill();
  const given = () => all.reduce((sum, one) => sum + one.windows.at(-1)! - FIRST_WINDOW, 0);
  t.equal(given(), 1 << 20);
  for (let i = 0; i < 45; i++) budget.tick();
  t.equal(given(), 0, 'nobody sent for ten seconds');
  fill();
  budget.remove(all[0]!);
  const [, ...left] = all;
  for (let i = 0; i < 5; i++) fill();
  t.equal(
    left.reduce((sum, one) => sum + one.windows.at(-1)! - FIRST_WINDOW, 0),
    1 << 20,
    'what the closed one had',
  );
  t.end();
});

t.test(
  'the server announces its window and takes a message that the default window would stop',
  async (t) => {
    const budget = new WindowBudget();
    const server = createLinkServer(budget);
    const sizes: number[] = [];
    server.addService(agentLinkService, {
      Flows: (call: grpc.ServerDuplexStream<Buffer, { sequence: number }>) => {
        call.on('data', (batch: Buffer) => {
          sizes.push(batch.length);
          call.write({ sequence: batch.length });
        });
        call.on('end', () => call.end());
      },
      Control: () => undefined,
      Packets: () => undefined,
    });
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    const session = http2.connect(`http://127.0.0.1:${port}`);
    await new Promise((resolve) => session.once('remoteSettings', resolve));
    t.equal(session.remoteSettings.initialWindowSize, FIRST_WINDOW);
    await new Promise((resolve) => session.ping(resolve));
    t.ok((session.state.remoteWindowSize ?? 0) >= FIRST_WINDOW, 'of the connection too');
    t.equal(budget.size, 1);
    session.close();

    const client = new AgentLinkClient(
      `127.0.0.1:${port}`,
      grpc.credentials.createInsecure(),
      linkChannelOptions,
    );
    const { path, requestSerialize, responseDeserialize } = flowsMethod;
    const call = client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      new grpc.Metadata(),
      {},
    );
    for (let i = 0; i < 20; i++) call.write(Buffer.alloc(4_000_000));
    let acks = 0;
    await new Promise<void>((resolve) => call.on('data', () => ++acks === 20 && resolve()));
    t.strictSame(sizes, new Array<number>(20).fill(4_000_000));
    client.close();
    call.cancel();
    call.on('error', () => undefined);
    server.forceShutdown();
  },
);
