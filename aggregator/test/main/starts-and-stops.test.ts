import { once } from 'node:events';
import * as grpc from '@grpc/grpc-js';
import { loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ObserverClient } from '@snoopy/proto';
import { protoPath } from 'grpc-health-check';
import t from 'tap';
import { anyPorts, Program } from '../fakes/program.js';

// biome-ignore lint/suspicious/noExplicitAny: a definition that is loaded here alone
const health = (loadPackageDefinition(loadSync(protoPath, { enums: String })) as any).grpc.health.v1.Health;

t.test('health, readiness, status, and SIGTERM with a follower connected', async (t) => {
  const program = new Program(t, anyPorts);
  const { clients, http } = await program.listening();
  t.equal((await fetch(`http://${http}/readyz`)).status, 200);
  const credentials = grpc.credentials.createInsecure();

  const probe = new health(clients, credentials);
  const states: string[] = [];
  const watch = probe.watch({ service: 'snoopy.v1.Observer' });
  watch.on('data', ({ status }: { status: string }) => states.push(status)).on('error', () => undefined);
  await once(watch, 'data');

  const observer = new ObserverClient(clients, credentials);
  const { hints } = await new Promise<{ hints: string[] }>((resolve, reject) =>
    observer.getStatus({}, (error, answer) => (error ? reject(error) : resolve(answer!))),
  );
  t.match(hints, [/No agent has connected yet/]);
  const follower = observer.getFlows({ follow: true });
  await once(follower, 'metadata');
  const ended = once(follower.resume(), 'status');

  program.child.kill('SIGTERM');
  const [{ code }] = (await ended) as [grpc.StatusObject];
  t.equal(code, grpc.status.OK, 'the stream ends in good order');
  t.equal(await program.ended, 0);
  t.same(states, ['SERVING', 'NOT_SERVING']);
  observer.close();
  probe.close();
});

t.test('SIGINT ends it too', async (t) => {
  const program = new Program(t, anyPorts);
  await program.listening();
  program.child.kill('SIGINT');
  t.equal(await program.ended, 0);
});
