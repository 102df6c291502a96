/* About 4 s alone on two cores. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Flow } from '@snoopy/proto';
import t from 'tap';
import { Actor } from '../../src/rig/traffic.js';
import { CLIENT, NatNodes, SERVER, SERVICE } from './nat-nodes.js';

const SNOOPY = fileURLToPath(new URL('../../../../aggregator/build/src/cli/main.js', import.meta.url));

/** Asks for a name as any TLS client does; the server, which echoes, is none. */
const ask = (name: string, host: string, port: number): string => `
import socket, ssl
try: ssl.create_default_context().wrap_socket(socket.create_connection(('${host}', ${port})), server_hostname='${name}')
except ssl.SSLError: pass
`;

t.test(
  'a name that a pod asked for by TLS is in its flow, through a Service too, and finds it',
  async (t) => {
    const nodes = await NatNodes.start(['--flows', 'kernel']);
    t.teardown(() => nodes.stop());
    const server = await Actor.start(nodes.server);
    for (const port of [443, 8_080]) await server.do('tcpServe', { port, behaviour: 'echo' });
    const asked = [
      { name: 'pay.example.test', host: SERVER, port: 443, target: 443 },
      { name: 'cart.example.test', host: SERVICE, port: 80, target: 8_080 },
    ];
    for (const { name, host, port, target } of asked) {
      nodes.client.run('python3', '-c', ask(name, host, port));
      const named = (flow: Flow): boolean => flow.tlsServerName === name;
      await nodes.until(name, (flows) => flows.some(named));
      t.match(nodes.flows.find(named), {
        source: { ip: CLIENT, pod: 'client' },
        destination: { ip: SERVER, port: target, pod: 'server' },
        partial: false,
      });
      const args = [SNOOPY, 'observe', '--tls-name', name, '-o', 'json', '--server', nodes.programs.server];
      const found = execFileSync(process.execPath, args, { encoding: 'utf8' }).trim().split('\n');
      t.ok(found.length > 0, 'by its name');
      for (const line of found) t.equal((JSON.parse(line) as Flow).tlsServerName, name);
    }
  },
);
