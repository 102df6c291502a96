import type { PacketChunk } from '@snoopy/proto';
import t from 'tap';
import { LinkRig, sleep, TestAgent, until } from './link-rig.js';

const chunk = (bytes: number, taskId = 'task-1') => ({
  taskId,
  podUid: 'uid-1',
  interface: 'eth0',
  packets: 1,
  records: Buffer.alloc(bytes),
});

t.test('packets go to who started the task, and are acknowledged when taken', async (t) => {
  const rig = await new LinkRig().start();
  const agent = await new TestAgent(rig.port).hello();
  const waiting: (() => void)[] = [];
  const heard: unknown[] = [];
  const listener = {
    packets: (name: string, { records }: PacketChunk, done: () => void) => {
      heard.push([name, records.length]);
      waiting.push(done);
    },
    report: (name: string, report: object) => heard.push([name, report]),
    gone: (name: string) => heard.push([name, 'gone']),
  };
  t.equal(rig.link.agents.start('node-2', { id: 'task-1' }, listener), false, 'not connected');
  t.equal(
    rig.link.agents.start(
      'node-1',
      { id: 'task-1', podUids: ['uid-1'], capture: { filter: 'tcp' } },
      listener,
    ),
    true,
  );
  await until(() =>
    agent.messages.some(({ start }) => start?.id === 'task-1' && start.capture?.filter === 'tcp'),
  );
  const acks: number[] = [];
  const packets = agent.openPackets(({ bytes }) => acks.push(bytes));
  packets.write(chunk(1_000));
  packets.write(chunk(500));
  packets.write(chunk(70, 'another'));
  await until(() => heard.length === 2 && acks.length === 1);
  t.strictSame(acks, [70], 'what nobody listens to is taken at once');
  for (const done of waiting) done();
  for (const done of waiting) done();
  await until(() => acks.at(-1) === 1_570);
  agent.control.write({ task: { id: 'task-1', state: 'TASK_STATE_DONE', targets: [] } });
  await until(() => heard.length === 3);
  t.match(heard, [
    ['node-1', 1_000],
    ['node-1', 500],
    ['node-1', { id: 'task-1', state: 'TASK_STATE_DONE' }],
  ]);
  rig.link.agents.stop('node-1', 'task-1');
  await until(() => agent.messages.some(({ stop }) => stop?.id === 'task-1'));
  agent.close();
  await until(() => heard.length === 4);
  t.strictSame(heard[3], ['node-1', 'gone']);
  t.equal(rig.link.agents.start('node-1', { id: 'task-2' }, listener), false);
  await rig.stop();
});

t.test('a listener that takes nothing holds back the agent, not the aggregator', async (t) => {
  const rig = await new LinkRig().start();
  const agent = await new TestAgent(rig.port).hello();
  const waiting: (() => void)[] = [];
  rig.link.agents.start(
    'node-1',
    { id: 'task-1' },
    { packets: (_, __, done) => waiting.push(done), report: () => undefined, gone: () => undefined },
  );
  const packets = agent.openPackets(() => undefined);
  for (let i = 0; i < 200; i++) packets.write(chunk(256 << 10));
  await until(() => waiting.length >= 16);
  await sleep(300);
  t.ok(waiting.length < 40, `${waiting.length} of 200 chunks were let in`);
  let taken = 0;
  await until(() => {
    for (; taken < waiting.length; taken++) waiting[taken]!();
    return taken === 200;
  });
  agent.close();
  await rig.stop();
});

t.test('an oversized chunk is refused', async (t) => {
  const rig = await new LinkRig().start();
  const agent = await new TestAgent(rig.port).hello();
  agent.openPackets(() => undefined).write(chunk(400 << 10));
  await until(() => agent.errors.length > 0);
  t.match(agent.errors[0], { code: 3, details: /packet chunk of 409600 bytes/ });
  agent.close();
  await rig.stop();
});
