/*
 * About 60 s on two cores, most of it waiting until datagrams were silent for 30 s. A rule between the pods drops every
 * 33rd packet with data: what is told as lost, and in which direction, is what the rule counted.
 */
import type { Flow } from '@snoopy/proto';
import t from 'tap';
import { Actor } from '../../src/rig/traffic.js';
import { NatNodes, SERVER, SERVICE } from './nat-nodes.js';

const BYTES = 4_000_000;
const DATAGRAMS = 5_000;
/** Local port of the datagrams that all arrive; the next one's are dropped. */
const UDP_PORT = 30_001;
/** Longer than any packet without data. */
const WITH_DATA = ['-m', 'length', '--length', '200:65535'];

function lost(flows: readonly Flow[]): [request: number, reply: number] {
  const sum = (counters: 'request' | 'reply') =>
    flows.reduce((total, flow) => total + (flow[counters]?.lostSegments ?? 0), 0);
  return [sum('request'), sum('reply')];
}

/** The packet path's rings hold a whole test: what a capture drops makes it say nothing of loss. */
const modes = { packets: ['--packet-ring', '16MiB'], kernel: [] };

t.jobs = 2;
for (const [mode, flags] of Object.entries(modes)) {
  t.test(`--flows ${mode}`, { timeout: 300_000 }, async (t) => {
    const nodes = await NatNodes.start(['--flows', mode, ...flags]);
    t.teardown(() => nodes.stop());
    const [client, server] = await Promise.all([Actor.start(nodes.client), Actor.start(nodes.server)]);
    await server.do('tcpServe', { port: 8_080, behaviour: 'echo' });
    await server.do('tcpServe', { port: 8_081, behaviour: 'sink' });
    await server.do('udpServe', { port: 9 });

    const from = (port: number): Flow[] => nodes.flows.filter(({ source }) => source?.port === port);
    /** Sends through the Service. @returns the client's port, once both ends have said that it is over */
    const send = async (port: number, receiveBytes: number): Promise<number> => {
      const options = { host: SERVICE, port, sendBytes: BYTES, receiveBytes };
      const { localPort } = await client.do('tcpConnect', options);
      const ends = () =>
        from(localPort)
          .flatMap(({ views }) => views)
          .filter(({ reason }) => reason === 'EMIT_REASON_CLOSED');
      await nodes.until('both ends are over', () => ends().length === 2, 60);
      return localPort;
    };
    const sendDatagrams = async (localPort: number): Promise<void> => {
      const udp = { host: SERVER, port: 9, count: DATAGRAMS, bytes: 300, perSecond: 5_000, localPort };
      t.equal((await client.do('udpSend', udp)).sent, DATAGRAMS);
    };
    /** Does something while packets are dropped. @returns how many were */
    const losing = async (match: readonly string[], act: () => Promise<unknown>): Promise<number> => {
      const dropped = nodes.lose(33, ...match);
      await act();
      const count = dropped();
      nodes.noMoreLoss();
      return count;
    };

    const whole = [await send(80, BYTES), await send(81, 0), UDP_PORT];
    await sendDatagrams(UDP_PORT);
    let request = 0;
    let reply = 0;
    const requestLost = await losing(['-o', 's0', '-p', 'tcp', ...WITH_DATA], async () => {
      request = await send(81, 0);
    });
    const replyLost = await losing(['-o', 'c0', '-p', 'tcp', ...WITH_DATA], async () => {
      reply = await send(80, BYTES);
    });
    const datagramsLost = await losing(['-o', 's0', '-p', 'udp', '--dport', '9'], () =>
      sendDatagrams(UDP_PORT + 1),
    );
    // The datagrams' is told last: by then every TCP connection has been forgotten, or what frames tell was told.
    await nodes.until('the loss of datagrams is told', () => lost(from(UDP_PORT + 1))[0] > 0, 90);

    for (const port of whole) t.strictSame(lost(from(port)), [0, 0], 'nothing lost, nothing told');
    t.ok(requestLost > 80, `about 3 % of 2,800 segments: ${requestLost}`);
    t.strictSame(lost(from(request)), [requestLost, 0], 'from client to server, Service and masquerade');
    t.ok(replyLost > 80, `${replyLost}`);
    t.strictSame(lost(from(reply)), [0, replyLost], 'from server to client, Service');
    t.equal(datagramsLost, Math.ceil(DATAGRAMS / 33));
    t.strictSame(lost(from(UDP_PORT + 1)), [datagramsLost, 0], 'datagrams, which no NAT may lie between');
    t.strictSame(nodes.lost, [], 'nothing was lost on the way here');
  });
}
