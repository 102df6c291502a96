import t from 'tap';
import { sum, tell, whyNot } from '../kernel-rig.js';
import { Python } from '../python.js';
import { twoPods } from '../two-pods.js';

const skip = whyNot();

/** SCTP packets by hand, because many kernels lack it; whoever holds a raw socket keeps the kernel from answering. */
const hand = (peer: string): string => `
r = socket.socket(socket.AF_INET, socket.SOCK_RAW, 132)
def chunk(kind, n=0): return struct.pack('!BBH', kind, 0, 4 + n) + b'z' * n
def send(a, b, *chunks): r.sendto(struct.pack('!HHII', a, b, 1, 0) + b''.join(chunks), ('${peer}', 0))
`;

t.test('SCTP: established, refused, ended, by the chunks that say so', { skip }, async (t) => {
  const { rig, server, client, bridge, host } = await twoPods(t);
  const s = new Python(
    server,
    `${hand(bridge.v4(client))}\nsay('up')\nwhile 1:\n    exec(go()); say('sent')`,
  );
  const c = new Python(client, `${hand(host(4))}\nsay('up')\nwhile 1:\n    exec(go()); say('sent')`);
  await s.next();
  await c.next();
  const say = async (who: Python, line: string): Promise<void> => {
    who.tell(line);
    await who.next();
  };
  // 4000 → 5000: the whole way; 4001 → 5001: refused; 4002 → 5002: aborted after it was open
  for (const port of [0, 2]) {
    const [a, b] = [4000 + port, 5000 + port];
    await say(c, `send(${a}, ${b}, chunk(1, 16))`);
    await say(s, `send(${b}, ${a}, chunk(2, 16))`);
    await say(c, `send(${a}, ${b}, chunk(10, 8))`);
    await say(s, `send(${b}, ${a}, chunk(11))`);
    await say(c, `for i in range(100): send(${a}, ${b}, chunk(0, 96))`);
    await say(s, `for i in range(50): send(${b}, ${a}, chunk(3, 12))`);
  }
  await say(c, 'send(4000, 5000, chunk(7, 4))');
  await say(s, 'send(5000, 4000, chunk(8))');
  await say(c, 'send(4000, 5000, chunk(14))');
  await say(c, 'send(4001, 5001, chunk(1, 16))');
  await say(s, 'send(5001, 4001, chunk(6))');
  await say(s, 'send(5002, 4002, chunk(6))');
  await rig.until(
    'the ends',
    () => rig.of(client, 'sctp').filter((row) => row.closed !== 'none').length === 2,
  );
  rig.readAll();
  for (const [pod, side, up, down] of [
    [client, 'peerPort', 'sent', 'received'],
    [server, 'localPort', 'received', 'sent'],
  ] as const) {
    const of = (port: number) => rig.of(pod, 'sctp').filter((row) => row[side] === port);
    const told = (port: number) => of(port).flatMap((row) => (row.final ? row.outcome : []));
    t.same(told(5000), ['established'], tell(of(5000)));
    t.same(told(5001), ['refused']);
    t.same(told(5002), ['established']);
    t.equal(of(5000).filter((row) => row.closed === 'fin').length, 1);
    t.equal(of(5002).filter((row) => row.closed === 'aborted').length, 1);
    t.equal(sum(of(5000), up, 'packets'), 104);
    t.equal(sum(of(5000), down, 'packets'), 53);
    t.equal(of(5000).filter((row) => row.opened).length, 1);
  }
  t.same(rig.lost, {});
});
