/*
 * About 60 s alone on two cores. A thousand connections through a Service and a masquerade live on while both agents
 * are replaced: all are found again, joined, and none is counted as new.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Flow } from '@snoopy/proto';
import t from 'tap';
import { Actor } from '../../src/rig/traffic.js';
import { NatNodes, SERVICE } from './nat-nodes.js';

const CONNECTIONS = 1_000;

/** Opens connections, and sends 100 bytes on each whenever a line comes in; says so when all were echoed. */
const talker = `
  const { connect } = require('node:net');
  const [host, port, count] = process.argv.slice(1);
  let echoed = 0, open = 0;
  const sockets = Array.from({ length: Number(count) }, () => {
    const socket = connect({ host, port: Number(port) }, () => { if (++open === sockets.length) console.log('open'); });
    socket.on('data', (data) => { if ((echoed += data.length) % (100 * sockets.length) === 0) console.log('echoed'); });
    return socket;
  });
  process.stdin.on('data', () => { for (const socket of sockets) socket.write(Buffer.alloc(100)); });
`;

for (const kill of ['SIGTERM', 'SIGKILL'] as const) {
  t.test(`${kill} to both agents`, { timeout: 180_000 }, async (t) => {
    const nodes = await NatNodes.start(['--flows', 'kernel']);
    t.teardown(() => nodes.stop());
    const server = await Actor.start(nodes.server);
    await server.do('tcpServe', { port: 8_081, behaviour: 'echo' });
    const child = nodes.client.spawn(process.execPath, ['-e', talker, SERVICE, '81', String(CONNECTIONS)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const says = async (word: string): Promise<void> => {
      for await (const text of child.stdout!.iterator({ destroyOnReturn: false }))
        if (String(text).includes(word)) return;
    };
    const talk = async (): Promise<void> => {
      child.stdin!.write('go');
      await says('echoed');
    };
    await says('open');

    /** Connections, by the client's port, of which both views came since a time, in one flow or in several. */
    const joined = (sinceUs: number): number => {
      const agents = new Map<number, Set<string>>();
      for (const flow of nodes.flows) {
        if (flow.destination?.port !== 8_081 || flow.source?.pod !== 'client' || timeUs(flow) < sinceUs)
          continue;
        const seen = agents.get(flow.source.port) ?? new Set();
        for (const { agent } of flow.views) seen.add(agent);
        agents.set(flow.source.port, seen);
      }
      return [...agents.values()].filter((seen) => seen.size === 2).length;
    };
    const count = () => nodes.metric('snoopy_connections_total');

    await talk();
    await nodes.until('all are joined', () => joined(0) === CONNECTIONS, 30);
    t.equal(await count(), CONNECTIONS);

    await Promise.all(['node-a', 'node-b'].map((node) => nodes.programs.stopAgent(node, kill)));
    await talk();
    await nodes.programs.startAgent('node-a', nodes.client, ['--flows', 'kernel']);
    await nodes.programs.startAgent('node-b', nodes.server, ['--flows', 'kernel']);
    await nodes.watched();
    const sinceUs = Date.now() * 1_000;
    // An agent is ready a little before it has adopted what is there.
    for (let n = 0; n < 5 && joined(sinceUs) < CONNECTIONS; n++) {
      await talk();
      await sleep(6_000);
    }
    t.equal(joined(sinceUs), CONNECTIONS, 'all are joined again');
    for (const flow of nodes.flows.filter((one) => timeUs(one) >= sinceUs)) {
      if (flow.destination?.pod !== 'server' || flow.translation !== 'TRANSLATION_DNAT_SNAT')
        t.fail(`${flow.source?.port}: ${flow.destination?.ip} ${flow.translation}`);
    }
    t.equal(await count(), CONNECTIONS, 'none is counted as new');
  });
}

function timeUs({ time }: Flow): number {
  return Date.parse(String(time)) * 1_000;
}
