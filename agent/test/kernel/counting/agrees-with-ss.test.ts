import t from 'tap';
import { sum, whyNot } from '../kernel-rig.js';
import { Python } from '../python.js';
import { twoPods } from '../two-pods.js';

const skip = whyNot();
const SENT = 3_000_000;
const ANSWER = 70_000;

/** What `ss -ti` says of the connection on a port. */
function ss(text: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [, key, value] of text.matchAll(
    /\b(bytes_sent|bytes_acked|bytes_received|segs_out|segs_in|data_segs_out|data_segs_in):(\d+)/g,
  ))
    found[key!] = Number(value);
  found.retrans = Number(/retrans:\d+\/(\d+)/.exec(text)?.[1] ?? 0);
  return found;
}

t.test(
  'a lossy connection: payload as the programs say, segments and retransmissions as ss -ti says',
  { skip },
  async (t) => {
    const { rig, server, client, host } = await twoPods(t);
    server.run(
      'iptables',
      '-A',
      'INPUT',
      '-p',
      'tcp',
      '--dport',
      '80',
      '-m',
      'statistic',
      '--mode',
      'nth',
      '--every',
      '20',
      '--packet',
      '7',
      '-j',
      'DROP',
    );
    const s = new Python(
      server,
      `l = serve('${host(4)}', 80)\nsay('up')\nc, _ = l.accept()\nsay(read(c, ${SENT}))\nc.sendall(b'y' * ${ANSWER})\ngo()\nc.close()\nsay('closed')\ngo()`,
    );
    await s.next();
    const c = new Python(
      client,
      `c = tcp('${host(4)}')\nc.connect(('${host(4)}', 80))\nc.sendall(b'x' * ${SENT})\nsay(read(c, ${ANSWER}))\ngo()\nsay(len(c.recv(1)))\nc.close()\nsay('closed')\ngo()`,
    );
    t.equal(await s.next(), String(SENT));
    t.equal(await c.next(), String(ANSWER));
    await new Promise((resolve) => setTimeout(resolve, 800)); // for the last acknowledgements, and a pass leaves out what was told just now

    for (let round = 0; round < 2; round++) {
      rig.readAll();
      for (const pod of [client, server]) {
        const rows = rig.of(pod);
        const said = ss(pod.run('ss', '-tinH', pod === client ? 'dport' : 'sport', '=', ':80'));
        t.equal(sum(rows, 'sent', 'payload'), pod === client ? SENT : ANSWER, `${pod.label} sent`);
        t.equal(sum(rows, 'received', 'payload'), pod === client ? ANSWER : SENT, `${pod.label} received`);
        t.equal(sum(rows, 'sent', 'packets'), said.segs_out, 'segments out');
        t.equal(sum(rows, 'received', 'packets'), said.segs_in, 'segments in');
        t.equal(sum(rows, 'sent', 'segments'), said.data_segs_out ?? 0, 'data segments out');
        t.equal(sum(rows, 'received', 'segments'), said.data_segs_in ?? 0, 'data segments in');
        const retransmits = rows.reduce((total, row) => total + (row.extras.sentRetransmits ?? 0), 0);
        t.equal(retransmits, said.retrans, 'retransmissions');
        if (pod === client) t.ok(retransmits > 0, `${retransmits} of them`);
      }
    }
    s.tell();
    await s.next();
    c.tell();
    await c.next();
    await rig.until('the end', (rows) => rows.filter((row) => row.closed === 'fin').length === 2);
    for (const pod of [client, server]) {
      const rows = rig.of(pod);
      t.equal(sum(rows, 'sent', 'payload'), pod === client ? SENT : ANSWER, `${pod.label} sent, in all`);
      t.equal(
        sum(rows, 'received', 'payload'),
        pod === client ? ANSWER : SENT,
        `${pod.label} received, in all`,
      );
    }
    t.same(rig.lost, {});
  },
);
