import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { RunningDemo } from './running-demo.js';

// About 20 s, and up to 4 min when grpcurl must be built first.

const run = promisify(execFile);
const VERSION = 'v1.9.3';
const path = [process.env.PATH, '/usr/local/go/bin', join(homedir(), 'go/bin')].join(delimiter);
const env = { ...process.env, PATH: path };

/** Where grpcurl is; built by the Go that is here when it is missing. */
async function findGrpcurl(directory: string): Promise<string | undefined> {
  try {
    return execFileSync('sh', ['-c', 'command -v grpcurl'], { encoding: 'utf8', env }).trim();
  } catch {
    const options = { env: { ...env, GOBIN: directory, GOFLAGS: '-mod=mod' } };
    await run('go', ['install', `github.com/fullstorydev/grpcurl/cmd/grpcurl@${VERSION}`], options);
    return join(directory, 'grpcurl');
  }
}

function reasonToSkip(): string | false {
  try {
    execFileSync('sh', ['-c', 'command -v grpcurl || command -v go'], { env, stdio: 'ignore' });
    return false;
  } catch {
    return 'neither grpcurl nor Go to build it with is here';
  }
}

t.test('grpcurl lists and calls the services by reflection', { skip: reasonToSkip() }, async (t) => {
  const grpcurl = (await findGrpcurl(t.testdir()))!;
  const demo = new RunningDemo('-o', 'json');
  t.teardown(() => demo.signal('SIGTERM'));
  const { server, trust } = await demo.addresses();
  const bearer = `authorization: Bearer ${readFileSync(join(trust, 'token'), 'utf8').trim()}`;
  const secure = ['-cacert', join(trust, 'ca.crt'), '-H', bearer];
  const call = async (...args: string[]) => (await run(grpcurl, [...secure, ...args])).stdout;

  const services = (await call(server, 'list')).trim().split('\n');
  for (const service of ['snoopy.v1.Observer', 'snoopy.v1.Capture', 'grpc.health.v1.Health'])
    t.ok(services.includes(service), `${service} in ${services}`);
  t.match(
    await call(server, 'describe', 'snoopy.v1.Observer.GetFlows'),
    'returns ( stream .snoopy.v1.GetFlowsResponse )',
  );
  t.match(JSON.parse(await call(server, 'grpc.health.v1.Health/Check')), { status: 'SERVING' });
  const flows = '{"last": 5, "include": [{"namespaces": ["shop"]}]}';
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  t.match(await call('-d', flows, server, 'snoopy.v1.Observer/GetFlows'), /"namespace": "shop"/);
  const status = JSON.parse(await call(server, 'snoopy.v1.Observer/GetStatus')) as {
    agents: { name: string }[];
  };
  t.same(status.agents.map(({ name }) => name).sort(), ['node-a', 'node-b']);
  demo.signal('SIGINT');
  await demo.end();
});
