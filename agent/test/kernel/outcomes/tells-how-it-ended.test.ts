import t from 'tap';
import { sum, tell, whyNot } from '../kernel-rig.js';
import { Python } from '../python.js';
import { twoPods } from '../two-pods.js';

const skip = whyNot();

/** Client and server of one connection: what each does with its end `c`, and what each end tells: reset by 1 itself, 2 its peer. */
const cases = [
  {
    name: 'fin',
    port: 80,
    server: 'read(c, 1000); c.sendall(b"y" * 5000); c.close()',
    client: 'c.sendall(b"x" * 1000); read(c, 5001); c.close()',
    closed: ['fin', 'fin'],
    resetBy: [0, 0],
    payload: [1000, 5000],
  },
  {
    name: 'a health check',
    port: 81,
    server: 'time.sleep(.1); c.close()',
    client: 'linger(c); c.close()',
    closed: ['reset', 'reset'],
    resetBy: [1, 2],
    payload: [0, 0],
  },
  {
    name: 'an answered request, then RST',
    port: 82,
    server: 'read(c, 10); c.sendall(b"y"); time.sleep(.2); c.close()',
    client: 'c.sendall(b"x" * 10); read(c, 1); linger(c); c.close()',
    closed: ['reset', 'reset'],
    resetBy: [1, 2],
    payload: [10, 1],
  },
  {
    name: 'a question that gets RST',
    port: 83,
    server: 'read(c, 10); linger(c); c.close()',
    client: 'c.sendall(b"x" * 10); time.sleep(.2); c.close()',
    closed: ['aborted', 'aborted'],
    resetBy: [2, 1],
    payload: [10, 0],
  },
  {
    name: 'half open',
    port: 84,
    server: 'c.sendall(b"y" * 30); c.shutdown(1); read(c, 2000); c.close()',
    client: 'read(c, 31); c.sendall(b"x" * 2000); c.close()',
    closed: ['fin', 'fin'],
    resetBy: [0, 0],
    payload: [2000, 30],
  },
  {
    name: 'data nobody read',
    port: 85,
    server: 'time.sleep(.1); c.close()',
    client: 'c.sendall(b"x" * 10); time.sleep(.3); c.close()',
    closed: ['aborted', 'aborted'],
    resetBy: [2, 1],
    payload: [10, 0],
  },
] as const;

/** All cases, one thread each. */
const serverScript = (host: string): string => `
import threading
def one(port, act):
    l = serve('${host}', port)
    def run():
        c, _ = l.accept(); act(c)
    threading.Thread(target=run).start()
${cases.map(({ port, server }) => `def act(c):\n    ${server}\none(${port}, act)`).join('\n')}
say('up')
go()
`;

const clientScript = (host: string): string =>
  cases
    .map(({ port, client }) => `c = tcp('${host}')\nc.connect(('${host}', ${port}))\n${client}`)
    .concat("say('done')", 'go()')
    .join('\n');

t.test('how established connections end, and what they carried', { skip }, async (t) => {
  const { rig, server, client, host } = await twoPods(t);
  for (const version of [4, 6]) {
    const s = new Python(server, serverScript(host(version)));
    await s.next();
    const c = new Python(client, clientScript(host(version)));
    await c.next();
    for (const one of cases) {
      const what = `IPv${version} ${one.name}`;
      const rowsOf = () =>
        [
          rig.of(client).filter((row) => row.peerPort === one.port),
          rig.of(server).filter((row) => row.localPort === one.port),
        ].map((rows) => rows.filter((row) => row.local.includes(':') === (version === 6)));
      await rig.until(`${what}: both ends`, () =>
        rowsOf().every((rows) => rows.some((row) => row.closed !== 'none')),
      );
      for (const [end, rows] of rowsOf().entries()) {
        const told = `${what}, ${end === 0 ? 'client' : 'server'}`;
        t.equal(rows.at(-1)!.closed, one.closed[end], `${told}\n${tell(rows)}`);
        const { extras } = rows.at(-1)!;
        t.equal(extras.resetBy ?? 0, one.resetBy[end], `${told}: reset by`);
        const carried = one.resetBy[end] === 0 ? [0, 0] : [one.payload[end], one.payload[1 - end]];
        t.same(
          [extras.resetAfterSent ?? 0, extras.resetAfterReceived ?? 0],
          carried,
          `${told}: after so much`,
        );
        t.equal(rows.filter((row) => row.opened).length, 1, 'opened once');
        t.equal(rows.filter((row) => row.final).length, 1, 'outcome once');
        t.equal(sum(rows, 'sent', 'payload'), one.payload[end], `${told}: sent`);
        t.equal(sum(rows, 'received', 'payload'), one.payload[1 - end], `${told}: received`);
      }
    }
  }
  t.same(rig.lost, {});
});
