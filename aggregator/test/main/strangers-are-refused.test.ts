import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import t from 'tap';
import { agentCalls } from '../access/callers.js';
import { anyPorts, Program } from '../fakes/program.js';
import { snoopy } from '../fakes/snoopy-process.js';

t.test('what other machines can reach asks for tokens, over TLS, unless told otherwise', async (t) => {
  const folder = t.testdir();
  const program = new Program(t, [...anyPorts, '--listen', ':0', '--data-dir', folder]);
  const { agents, clients } = await program.listening();
  const server = clients.replace('0.0.0.0', '127.0.0.1');
  const client = join(folder, 'tls/client');
  const wrong = join(folder, 'wrong');
  writeFileSync(wrong, 'of-somebody-else');
  const status = (...flags: string[]) => snoopy(['status', '--server', server, ...flags]);
  const ca = ['--tls-ca', join(client, 'ca.crt')];

  t.match(await status('--tls-dir', client), { code: 0, stdout: /No agent/i });
  t.match(await status(), { code: 2, stderr: /it may want TLS: give --tls-dir or --tls-ca/ });
  t.match(await status(...ca), { code: 1, stderr: /A token is needed: give --token-file/ });
  t.match(await status(...ca, '--token-file', wrong), { code: 1, stderr: /token is not valid here/ });
  t.match(await status('--token', 'x'), { code: 1, stderr: /sent over TLS alone: give --tls-ca/ });
  t.match(await status('--tls-dir', '/nowhere'), {
    code: 1,
    stderr: /\/nowhere\/\S+ cannot be read: ENOENT/,
  });

  const read = (name: string): Buffer => readFileSync(join(folder, 'tls/agent', name));
  const credentials = grpc.credentials.createSsl(read('ca.crt'), read('tls.key'), read('tls.crt'));
  const token = read('token').toString().trim();
  t.equal((await agentCalls(agents, credentials, token, 'n')).code, 0);
  t.equal((await agentCalls(agents, credentials, 'x'.repeat(43), 'n')).code, grpc.status.UNAUTHENTICATED);
  const nobody = grpc.credentials.createSsl(read('ca.crt'));
  t.equal(
    (await agentCalls(agents, nobody, token, 'n')).code,
    grpc.status.UNAVAILABLE,
    'without certificate',
  );

  const lines = program.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const refused = lines.filter(({ allowed }) => allowed === false);
  t.equal(refused.length, 3, 'the audit, on standard output, has every call that was refused');
  t.notMatch(program.stdout, token);
});

t.test('on loopback alone it is as it was: plain, and nothing is written', async (t) => {
  const folder = t.testdir();
  const program = new Program(t, [...anyPorts, '--data-dir', folder]);
  const { clients } = await program.listening();
  t.match(await snoopy(['status', '--server', clients]), { code: 0 });
  t.equal(program.stdout, '');
  t.notOk(existsSync(join(folder, 'tls')));
});

t.test('trust that cannot be had ends the program with a sentence', async (t) => {
  const ends = async (...flags: string[]) => {
    const program = new Program(t, [...anyPorts, '--data-dir', t.testdir(), ...flags]);
    return { code: await program.ended, stderr: program.stderr };
  };
  t.match(await ends('--trust', 'kubernetes'), {
    code: 1,
    stderr: /needs the Kubernetes API: give --kubernetes/,
  });
  const existing = ['--trust', 'local', '--certificates', 'existing', '--tls-dir', '/nowhere'];
  t.match(await ends(...existing), {
    code: 1,
    stderr: /--tls-dir \/nowhere needs ca\.crt, tls\.crt and tls\.key/,
  });
  t.match(await ends('--trust', 'local', '--audit-log', '/nowhere/a'), {
    code: 1,
    stderr: /--audit-log .*ENOENT/,
  });
});
