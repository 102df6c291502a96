import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import t from 'tap';
import { CriSource } from '../../../src/pods/cri-source.js';
import type { SourceState } from '../../../src/pods/pod-source.js';
import { eventually } from '../../eventually.js';

const dir = mkdtempSync(join(tmpdir(), 'snoopy-cri-'));
t.teardown(() => rmSync(dir, { recursive: true }));

t.test(
  'a socket that is not there is a state with a sentence, again and again, without an exception',
  async (t) => {
    const source = new CriSource(join(dir, 'none.sock'), { intervalMs: 50 });
    const states: SourceState[] = [];
    const stop = source.watch(
      () => t.fail('there are no pods'),
      (state) => states.push(state),
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    stop();
    source.close();
    t.equal(states.length, 2, 'said once');
    t.match(states[1], {
      ok: false,
      source: `cri:${join(dir, 'none.sock')}`,
      message: /there is no socket .*: start/,
    });
    await t.rejects(source.list(), { code: 'UNAVAILABLE', message: /--pods cri:SOCKET/ });
  },
);

t.test('no runtime at any default place is said with the places', async (t) => {
  const source = new CriSource(undefined, { candidates: [join(dir, 'a.sock'), join(dir, 'b.sock')] });
  await t.rejects(source.list(), {
    message: /no container runtime was found: none of .*a\.sock, .*b\.sock is there/,
  });
  source.close();
});

t.test('what is no socket, and who does not speak gRPC, is refused in time', async (t) => {
  writeFileSync(join(dir, 'file.sock'), '');
  const file = new CriSource(join(dir, 'file.sock'));
  await t.rejects(file.list(), { code: 'UNAVAILABLE', message: /does not answer as it should/ });
  file.close();
  const server = createServer((socket) => socket.end('HTTP/1.1 400 no\r\n\r\n')).listen(
    join(dir, 'http.sock'),
  );
  t.teardown(() => server.close());
  const http = new CriSource(join(dir, 'http.sock'));
  await t.rejects(http.list(), { code: 'UNAVAILABLE' });
  http.close();
});

t.test('a runtime without CRI v1 is told apart, and the next default socket is tried', async (t) => {
  const old = new grpc.Server();
  const bound = new Promise((resolve, reject) => {
    const done = (error: Error | null): void => (error ? reject(error) : resolve(undefined));
    old.bindAsync(`unix:${join(dir, 'old.sock')}`, grpc.ServerCredentials.createInsecure(), done);
  });
  await bound;
  t.teardown(() => old.forceShutdown());
  const source = new CriSource(join(dir, 'old.sock'));
  await t.rejects(source.list(), { code: 'UNSUPPORTED', message: /does not speak CRI v1/ });
  source.close();
  const probing = new CriSource(undefined, { candidates: [join(dir, 'old.sock'), join(dir, 'none.sock')] });
  await t.rejects(probing.list(), { message: /no container runtime was found: .*does not speak CRI v1/ });
  probing.close();
});

t.test('a runtime that starts later is found', async (t) => {
  const source = new CriSource(join(dir, 'late.sock'), { intervalMs: 50 });
  let state: SourceState | undefined;
  const stop = source.watch(
    () => {},
    (now) => {
      state = now;
    },
  );
  const late = new grpc.Server();
  await eventually(() => state?.ok === false && state.message.includes('no socket'));
  late.bindAsync(`unix:${join(dir, 'late.sock')}`, grpc.ServerCredentials.createInsecure(), () => {});
  await eventually(() => state?.message.includes('does not speak CRI v1') === true);
  t.equal(state?.ok, false);
  stop();
  source.close();
  late.forceShutdown();
});
