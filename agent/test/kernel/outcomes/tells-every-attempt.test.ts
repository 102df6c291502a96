import { Actor } from '@snoopy/scripts/rig/traffic';
import t from 'tap';
import { byConnection, tell, whyNot } from '../kernel-rig.js';
import { Python } from '../python.js';
import { twoPods } from '../two-pods.js';

const skip = whyNot();

const attempt = (host: string, port: number, options = ''): string => `
s = tcp('${host}')
${options}
try:
    s.connect(('${host}', ${port})); say('connected', s.getsockname()[1])
except OSError as e:
    say(word(e), 0)
go()
`;

t.test('every outcome, with both IP versions', { skip }, async (t) => {
  const { rig, server, client, host } = await twoPods(t);
  client.sysctl('net.ipv4.tcp_syn_retries', 1);
  client.sysctl('net.ipv4.tcp_syn_linear_timeouts', 0);
  server.firewall('-A', 'INPUT', '-p', 'tcp', '--dport', '82', '-j', 'DROP');
  for (const [tool, kind] of [
    ['iptables', 'icmp-port-unreachable'],
    ['ip6tables', 'icmp6-adm-prohibited'],
  ] as const)
    server.run(tool, '-A', 'INPUT', '-p', 'tcp', '--dport', '83', '-j', 'REJECT', '--reject-with', kind);
  const servers = [4, 6].map(
    (v) =>
      new Python(
        server,
        `l = serve('${host(v)}', 80)\nsay('up')\nkeep = []\nwhile 1: keep.append(l.accept())`,
      ),
  );
  for (const one of servers) await one.next();

  const cases = [
    { port: 80, outcome: 'established', error: 'connected' },
    { port: 81, outcome: 'refused', error: 'ECONNREFUSED' },
    { port: 82, outcome: 'timeout', error: 'ETIMEDOUT' },
    { port: 83, outcome: 'unreachable', error: undefined },
  ];
  for (const version of [4, 6]) {
    const clients = cases.map(({ port }) => new Python(client, attempt(host(version), port)));
    for (const [i, one] of clients.entries()) {
      const [word] = (await one.next()).split(' ');
      if (cases[i]!.error) t.equal(word, cases[i]!.error, `IPv${version} port ${cases[i]!.port}`);
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  rig.poll();

  for (const version of [4, 6])
    for (const { port, outcome } of cases) {
      const what = `IPv${version} ${outcome}`;
      const own = rig
        .of(client)
        .filter(
          (row) =>
            row.reason !== 'active' && row.peerPort === port && row.peer.includes(':') === (version === 6),
        );
      const [row, ...more] = own;
      t.match(row, { outcome, final: true, opened: true, initiator: 'local' }, what);
      t.equal(more.length, 0, `${what}: told once\n${tell(own)}`);
      t.equal(row!.sent.payload, 0);
      if (outcome === 'timeout')
        t.equal(row!.extras.synRetries, row!.sent.packets - 1, 'SYNs beyond the first');
      t.ok(row!.clientIsn, 'has the ISN of its SYN');
      t.equal(row!.serverIsn !== undefined, outcome === 'established');
      const other = rig
        .of(server)
        .filter((r) => r.localPort === port && r.local.includes(':') === (version === 6));
      if (outcome !== 'established' && outcome !== 'refused') {
        t.equal(other.length, 0, 'nothing in the server knows it');
        continue;
      }
      t.match(other[0], { outcome, final: true, opened: true, initiator: 'peer' }, `${what}, at the server`);
      t.equal(other[0]!.clientIsn, row!.clientIsn, 'both have the same client ISN');
      t.equal(other[0]!.serverIsn, row!.serverIsn);
      t.equal(other[0]!.peerPort, row!.localPort);
    }
  t.equal(byConnection(rig.rows.filter((row) => row.protocol === 'tcp')).length, 12);
  t.same(rig.lost, {});
});

t.test(
  'an ICMP error that comes while connect() runs, and a program that asks for it',
  { skip },
  async (t) => {
    const { rig, server, client, host } = await twoPods(t);
    server.firewall('-A', 'INPUT', '-p', 'tcp', '--dport', '83', '-j', 'REJECT');
    const actor = await Actor.start(client);
    for (const version of [4, 6])
      t.equal((await actor.do('tcpConnect', { host: host(version), port: 83 })).outcome, 'ECONNREFUSED');
    await rig.until('both attempts', () => rig.of(client).length === 2);
    for (const row of rig.of(client)) t.match(row, { outcome: 'unreachable', final: true, opened: true });
  },
);
