import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { createLog, DataEndpointClient } from '@snoopy/proto';
import t, { type Test } from 'tap';
import { openAccess } from '../../src/access/open-access.js';
import { addDataEndpoint } from '../../src/legacy/data-endpoint.js';
import { PodFiles } from '../../src/legacy/pod-files.js';
import { GrpcPort } from '../../src/server/grpc-port.js';

async function serve(t: Test, limit = 1 << 30) {
  const folder = join(t.testdir(), 'data', 'pods');
  const grpcPort = new GrpcPort([]);
  addDataEndpoint(grpcPort.server, new PodFiles(folder, limit), createLog('test', 'fatal'), openAccess);
  const { port } = await grpcPort.open({ host: '127.0.0.1', port: 0 }, '--listen');
  const client = new DataEndpointClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  t.teardown(async () => {
    client.close();
    await grpcPort.close();
  });
  return { folder, client };
}

interface Result {
  answers: string[];
  code: number;
  details: string;
}

/** Sends all messages of one stream and waits for its end. */
async function send(
  client: InstanceType<typeof DataEndpointClient>,
  messages: { name: string; data: Buffer }[],
): Promise<Result> {
  const call = client.exportPodData();
  const answers: string[] = [];
  call.on('data', (answer: { message: string }) => answers.push(answer.message));
  call.on('error', () => undefined);
  const status = new Promise<grpc.StatusObject>((resolve) => call.once('status', resolve));
  for (const message of messages) call.write(message);
  call.end();
  const { code, details } = await status;
  return { answers, code, details };
}

const text = (name: string, data: string) => ({ name, data: Buffer.from(data) });

t.test('what the original client sends is appended and answered, message by message', async (t) => {
  const { folder, client } = await serve(t);
  const result = await send(client, [
    text('web-7f', 'one\n'),
    text('web-7f', 'two\n'),
    text('db-0', 'three\n'),
  ]);
  t.same(result, {
    answers: ['web-7f', 'web-7f', 'db-0'].map((name) => `Received data for pod ${name}`),
    code: 0,
    details: 'OK',
  });
  await send(client, [text('web-7f', 'later\n')]);
  t.equal(readFileSync(join(folder, 'web-7f'), 'utf8'), 'one\ntwo\nlater\n');
  t.equal(readFileSync(join(folder, 'db-0'), 'utf8'), 'three\n');
  t.equal(statSync(join(folder, 'db-0')).mode & 0o777, 0o600);
});

t.test('two streams for one pod: messages stay whole', async (t) => {
  const { folder, client } = await serve(t);
  const lines = (letter: string) =>
    Array.from({ length: 60 }, () => text('web', `${letter.repeat(50_000)}\n`));
  await Promise.all(['a', 'b', 'c'].map((letter) => send(client, lines(letter))));
  const written = readFileSync(join(folder, 'web'), 'utf8').trimEnd().split('\n');
  t.equal(written.length, 180);
  t.ok(written.every((line) => line.length === 50_000 && line === line[0]!.repeat(50_000)));
});

const badNames = [
  '',
  '.',
  '..',
  '../../etc/cron.d/x',
  'a/b',
  '/etc/passwd',
  'a\\b',
  'a..b',
  '.hidden',
  '-rf',
  'web-',
  'we b',
  'web\u001b[2J',
  'web\n',
  'web\0',
  'ünicode',
  'a'.repeat(254),
  'a'.repeat(300),
];
t.test('a name that cannot be a pod’s is refused with a sentence, and nothing is written', async (t) => {
  const { folder, client } = await serve(t);
  await send(client, [text('good', 'x')]);
  for (const name of badNames) {
    const { code, details, answers } = await send(client, [text(name, 'x')]);
    t.equal(code, grpc.status.INVALID_ARGUMENT, JSON.stringify(name));
    t.match(details, /^name: .* cannot be a pod's name; .*\.$/);
    t.notMatch(details, /[\u0000-\u001f]/);
    t.same(answers, []);
  }
  t.same(readdirSync(folder), ['good']);
  t.same(readdirSync(join(folder, '..')), ['pods']);
  t.equal((await send(client, [text('A'.repeat(253), 'x')])).code, 0, 'the longest is taken');
});

t.test('the bound holds, whatever was there before, and what was answered is whole', async (t) => {
  const { folder, client } = await serve(t, 1_000);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'older'), Buffer.alloc(400));
  const { answers, code, details } = await send(
    client,
    Array.from({ length: 5 }, () => ({ name: 'web', data: Buffer.alloc(250) })),
  );
  t.equal(code, grpc.status.RESOURCE_EXHAUSTED);
  t.match(details, /--data-limit is 1000/);
  t.equal(answers.length, 2);
  t.equal(statSync(join(folder, 'web')).size, 500);
  t.equal((await send(client, [{ name: 'db', data: Buffer.alloc(100) }])).code, 0, 'what fits still does');
});

t.test('a link is not followed, a FIFO does not hold anybody up', async (t) => {
  const { folder, client } = await serve(t);
  mkdirSync(folder, { recursive: true });
  const outside = join(folder, '..', 'outside');
  writeFileSync(outside, 'mine');
  symlinkSync(outside, join(folder, 'web'));
  mkdirSync(join(folder, 'dir'));
  const { code, details } = await send(client, [text('web', 'x')]);
  t.equal(code, grpc.status.UNAVAILABLE);
  t.match(details, /web cannot be written: it is a link\.$/);
  t.equal(readFileSync(outside, 'utf8'), 'mine');
  t.equal((await send(client, [text('dir', 'x')])).code, grpc.status.UNAVAILABLE);
  t.equal((await send(client, [text('db', 'x')])).code, 0);
});

t.test('a message that is too large is refused, the server lives', async (t) => {
  const { client } = await serve(t);
  const { code } = await send(client, [{ name: 'web', data: Buffer.alloc(100 << 20) }]);
  t.equal(code, grpc.status.RESOURCE_EXHAUSTED);
  t.equal((await send(client, [text('web', 'x')])).code, 0);
});

t.test('a folder that cannot be made is said', async (t) => {
  const { folder, client } = await serve(t);
  writeFileSync(join(folder, '..', '..', 'data'), 'a file');
  const { code, details } = await send(client, [text('web', 'x')]);
  t.equal(code, grpc.status.UNAVAILABLE);
  t.match(details, /cannot be written/);
});
