import { setTimeout as sleep } from 'node:timers/promises';
import { type Namespace, Net } from '@snoopy/scripts/rig/netns';
import { Actor } from '@snoopy/scripts/rig/traffic';
import t from 'tap';
import type { Row } from '../rows.js';
import { LiveWatch } from './live-watch.js';

/*
 * Real attempts to connect, one of each kind, over IPv4 and IPv6 at once, watched at both ends: each is counted once,
 * with the right word. All kinds run side by side; the whole takes about 25 s, the time of SYN retries.
 */

const PORT = {
  secondRetry: 81,
  resetLater: 82,
  icmp: 83,
  silence: 84,
  halfOpen: 85,
  bothSides: 86,
  reused: 87,
  healthCheck: 88,
  refused: 89,
} as const;
const SYN_ONLY = ['--tcp-flags', 'SYN,ACK,RST,FIN', 'SYN'];
const ACK_ONLY = ['--tcp-flags', 'SYN,ACK,RST,FIN', 'ACK'];

const net = new Net();
const bridge = net.bridge();
const client = bridge.join(net.namespace('client'));
const server = bridge.join(net.namespace('server'));
const hosts = [bridge.v4(server), bridge.v6(server)];
for (const namespace of [client, server]) {
  namespace.sysctl('net.ipv4.tcp_syn_retries', 2);
  namespace.sysctl('net.ipv4.tcp_synack_retries', 1);
}
const atClient = await LiveWatch.start(client);
const atServer = await LiveWatch.start(server);
t.teardown(() => {
  for (const watch of [atClient, atServer]) watch.close();
  net.close();
});
const [asking, serving] = await Promise.all([Actor.start(client), Actor.start(server)]);
for (const port of [PORT.secondRetry, PORT.halfOpen, PORT.healthCheck])
  await serving.do('tcpServe', { port });

function input(action: '-A' | '-D', port: number, ...rule: string[]): void {
  server.firewall(action, 'INPUT', '-p', 'tcp', '--dport', String(port), ...rule);
}

/** Connects to a port over both IP versions; resolves with the two outcomes as the socket sees them. */
async function connect(port: number, options: { end?: 'reset' | 'hold' } = {}): Promise<string[]> {
  const results = await Promise.all(hosts.map((host) => asking.do('tcpConnect', { host, port, ...options })));
  return results.map(({ outcome }) => outcome);
}

async function secondRetry(): Promise<string[]> {
  input('-A', PORT.secondRetry, '-j', 'DROP');
  const outcomes = connect(PORT.secondRetry);
  await sleep(1_500); // SYNs at 0 and 1 s are gone
  input('-D', PORT.secondRetry, '-j', 'DROP');
  return outcomes;
}

/** The SYN at 3 s (or 2 s, with linear timeouts) is answered with an RST. */
async function resetLater(): Promise<string[]> {
  input('-A', PORT.resetLater, '-j', 'DROP');
  const outcomes = connect(PORT.resetLater);
  await sleep(1_500);
  input('-D', PORT.resetLater, '-j', 'DROP');
  return outcomes;
}

async function unreachable(): Promise<string[]> {
  input('-A', PORT.icmp, '-j', 'REJECT');
  return connect(PORT.icmp);
}

async function silence(): Promise<string[]> {
  input('-A', PORT.silence, '-j', 'DROP');
  return connect(PORT.silence);
}

/** The client's ACK never leaves it: for everyone who watches the handshake stays half-open. */
async function halfOpen(): Promise<string[]> {
  client.firewall('-A', 'OUTPUT', '-p', 'tcp', '--dport', String(PORT.halfOpen), ...ACK_ONLY, '-j', 'DROP');
  return connect(PORT.halfOpen, { end: 'hold' });
}

const BOTH_SIDES = `
import socket, sys, threading, time
port, start, pairs, results = int(sys.argv[1]), float(sys.argv[2]), [a.split(',') for a in sys.argv[3:]], []
def connect(own, peer):
    s = socket.socket(socket.AF_INET6 if ':' in own else socket.AF_INET)
    s.bind((own, port))
    time.sleep(max(0, start - time.time()))
    try:
        s.connect((peer, port))
        s.shutdown(socket.SHUT_WR)
        while s.recv(10): pass
        results.append('connected')
    except OSError as e: results.append(e.strerror)
threads = [threading.Thread(target=connect, args=p) for p in pairs]
[x.start() for x in threads]; [x.join() for x in threads]
print(','.join(results))
`;

/** Both sides connect from and to one port; their first SYNs cross and are dropped, so that no RST ends it. */
async function bothSides(): Promise<string[]> {
  const rule = ['INPUT', '-p', 'tcp', '--dport', String(PORT.bothSides), ...SYN_ONLY, '-j', 'DROP'];
  for (const namespace of [client, server]) namespace.firewall('-A', ...rule);
  const start = Date.now() + 4_000; // python may take its time to come up
  const run = (own: Namespace, peer: Namespace): ReturnType<Namespace['execute']> =>
    own.execute('python3', [
      '-c',
      BOTH_SIDES,
      String(PORT.bothSides),
      String(start / 1_000),
      `${bridge.v4(own)},${bridge.v4(peer)}`,
      `${bridge.v6(own)},${bridge.v6(peer)}`,
    ]);
  const results = [run(client, server), run(server, client)];
  await sleep(start + 600 - Date.now());
  for (const namespace of [client, server]) namespace.firewall('-D', ...rule);
  return (await Promise.all(results)).flatMap(({ stdout }) => stdout.trim().split(','));
}

const REUSED = `
import socket, sys
port, hosts = int(sys.argv[1]), sys.argv[2:]
for host in hosts:
    for turn in range(3):
        s = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(('', 40087))
        s.connect((host, port))
        while s.recv(10): pass
        s.close()
        print('connected')
`;

/** Three connections in a row from one port; the server closes first, so TIME_WAIT is there. */
async function reused(): Promise<string[]> {
  await serving.do('tcpServe', { port: PORT.reused, behaviour: 'close' });
  const { stdout, stderr } = await client.execute('python3', ['-c', REUSED, String(PORT.reused), ...hosts]);
  return [...stdout.trim().split('\n'), ...stderr.split('\n').filter(Boolean)];
}

const outcomes = await Promise.all([
  secondRetry(),
  resetLater(),
  unreachable(),
  silence(),
  halfOpen(),
  bothSides(),
  reused(),
  connect(PORT.healthCheck, { end: 'reset' }),
  connect(PORT.refused),
]);
await sleep(13_000); // until the schedule of the silent and half-open ones is over
await Promise.all([atClient.stop(), atServer.stop()]);

function rowsOf(watch: LiveWatch, port: number): Row[] {
  return watch.rows.filter(
    (row) => row.protocol === 'tcp' && (row.localPort === port || row.peerPort === port),
  );
}

/** Words for all attempts at a port, and how many connections were opened and ended there. */
function summary(watch: LiveWatch, port: number): Record<string, unknown> {
  const rows = rowsOf(watch, port);
  return {
    opened: rows.filter((row) => row.opened).length,
    outcomes: rows.filter((row) => row.final).map((row) => row.outcome),
    closed: rows.filter((row) => row.closed !== 'none').map((row) => row.closed),
  };
}

function retries(watch: LiveWatch, port: number): number {
  return rowsOf(watch, port).reduce((sum, row) => sum + (row.extras.synRetries ?? 0), 0);
}

t.test('the sockets saw what was to be seen', async (t) => {
  const two = (word: string): string[] => [word, word];
  t.same(outcomes, [
    two('connected'),
    two('ECONNREFUSED'),
    two('ECONNREFUSED'),
    two('ETIMEDOUT'),
    two('connected'),
    ['connected', 'connected', 'connected', 'connected'],
    new Array(6).fill('connected'),
    two('connected'),
    two('ECONNREFUSED'),
  ]);
});

for (const watch of [atClient, atServer])
  t.test(`at the ${watch.namespace.label}`, async (t) => {
    const both = (outcome: string, closed?: string): Record<string, unknown> => ({
      opened: 2,
      outcomes: [outcome, outcome],
      closed: closed ? [closed, closed] : [],
    });
    t.same(summary(watch, PORT.secondRetry), both('established', 'fin'), 'answered at the second retry');
    t.equal(retries(watch, PORT.secondRetry), 4);
    const handshakes = rowsOf(watch, PORT.secondRetry).flatMap((row) => row.extras.handshakeUs ?? []);
    t.ok(
      handshakes.length === 2 && handshakes.every((us) => us > 1_900_000 && us < 3_500_000),
      `handshakes took ${handshakes} us`,
    );
    t.same(summary(watch, PORT.resetLater), both('refused'), 'an RST after seconds');
    t.same(summary(watch, PORT.icmp), both('unreachable'), 'an ICMP error');
    t.same(summary(watch, PORT.silence), both('timeout'), 'silence');
    const syns = rowsOf(watch, PORT.silence).reduce(
      (sum, row) => sum + row.sent.packets + row.received.packets,
      0,
    );
    t.ok(syns >= 6, 'tcp_syn_retries 2, and what the kernel does at a steady pace before');
    t.equal(retries(watch, PORT.silence), syns - 2);
    t.same(summary(watch, PORT.halfOpen), both('timeout'), 'half-open');
    t.same(summary(watch, PORT.bothSides), both('established', 'fin'), 'opened from both sides');
    t.same(
      summary(watch, PORT.reused),
      { opened: 6, outcomes: new Array(6).fill('established'), closed: new Array(6).fill('fin') },
      'a port used again',
    );
    t.same(summary(watch, PORT.healthCheck), both('established', 'reset'), 'a health check');
    t.same(summary(watch, PORT.refused), both('refused'), 'a closed port');
    t.strictSame(Object.fromEntries(watch.ours()), Object.fromEntries(watch.theirs()), 'counters are exact');
    t.equal(watch.table.counters.seenPackets, watch.table.counters.emittedPackets);
  });

t.test('both ends agree who the client is, even when both opened', async (t) => {
  const numbers = (watch: LiveWatch): string[] =>
    watch.rows
      .filter((row) => row.final && row.protocol === 'tcp')
      .map((row) => `${row.clientIsn} ${row.serverIsn ?? '-'} ${row.outcome}`)
      .sort();
  t.same(numbers(atClient), numbers(atServer));
});
