/* About 25 s. */
import t from 'tap';
import { whyNot } from '../kernel-rig.js';
import { Python } from '../python.js';
import { twoPods } from '../two-pods.js';

const skip = whyNot();
const SECONDS = 20;

t.test(
  'a flood of connections through small rings and maps: told and lost are together what there was',
  { skip, timeout: 120_000 },
  async (t) => {
    const { rig, server, client, host } = await twoPods(t, {
      connections: 1_024,
      flows4: 1_024,
      rowRingBytes: 64 << 10,
    });
    const old = new Python(
      server,
      `l = serve('${host(4)}', 79)\nsay('up')\nc, _ = l.accept()\nwhile 1: read(c, 1000); c.sendall(b'y')`,
    );
    await old.next();
    const one = new Python(
      client,
      `c = tcp('${host(4)}'); c.connect(('${host(4)}', 79))\nn = 0\nsay('up')\nwhile 1:\n    r, _, _ = select.select([sys.stdin], [], [], .05)\n    if r:\n        go(); break\n    c.sendall(b'x' * 1000); read(c, 1); n += 1000\nsay(n)\ngo()`,
    );
    await one.next();
    const servers = [80, 81].map(
      (port) =>
        new Python(
          server,
          `l = serve('${host(4)}', ${port}, 4096)\nsay('up')\nwhile 1: l.accept()[0].close()`,
        ),
    );
    for (const s of servers) await s.next();
    const clients = [80, 81].map((port) => {
      const talk = `c = dial('${host(4)}', ${port}); read(c, 1); c.close(); n += 1\n    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.sendto(b'x', ('${host(4)}', 1024 + n % 64000)); u.close()`;
      return new Python(
        client,
        `server = '${host(4)}'\nn = 0\nend = time.time() + ${SECONDS}\nwhile time.time() < end:\n    ${talk}\nsay(n)\ngo()`,
      );
    });
    let done = 0;
    let made = 0;
    for (const c of clients)
      void c.next().then((n) => {
        made += Number(n);
        done++;
      });
    let ended = 0;
    let final = 0;
    let udp = 0;
    let oldSent = 0;
    const take = (): void => {
      for (const row of rig.rows) {
        if (row.protocol === 'udp') udp += row.sent.packets + row.received.packets;
        if (row.protocol !== 'tcp') continue;
        if (row.peerPort === 79) oldSent += row.sent.payload;
        else if (row.closed === 'fin') ended++;
        if (row.final) final++;
      }
      rig.rows.length = 0;
    };
    while (done < clients.length) {
      rig.poll();
      take();
      // now and then the reader stands still, so that rings overflow
      await new Promise((resolve) => setTimeout(resolve, Math.random() < 0.1 ? 500 : 20));
    }
    one.tell();
    const sent = Number(await one.next());
    // an end that the kernel hid is found by two passes in a row
    await new Promise((resolve) => setTimeout(resolve, 700));
    for (let i = 0; i < 3; i++) rig.readAll();
    take();
    const lost = rig.lost['kernel_ring full records'] ?? 0;
    const missed = rig.lost['kernel_program missed records'] ?? 0;
    t.equal(
      ended + lost + missed,
      2 * made,
      `${made} connections made, ${ended} ends told, ${lost} lost, ${missed} missed`,
    );
    t.equal(rig.programs.counts().connections, 2, 'nothing else is remembered');
    t.ok(final <= 2 * made + 2, 'no outcome is told twice');
    t.equal(oldSent, sent, 'a connection that lived through it has every byte');
    const packets = udp + (rig.lost['kernel_map full packets'] ?? 0);
    t.equal(packets, 2 * made, `datagrams told or lost, of those ${packets - udp} lost`);
    t.ok(process.memoryUsage().rss < 400 << 20);
  },
);
