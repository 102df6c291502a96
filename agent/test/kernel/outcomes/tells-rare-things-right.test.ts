import t from 'tap';
import { byConnection, sum, tell, whyNot } from '../kernel-rig.js';
import { Python } from '../python.js';
import { twoPods } from '../two-pods.js';

const skip = whyNot();

t.test('rare things', { skip }, async (t) => {
  const { rig, server, client, host } = await twoPods(t);
  for (const pod of [server, client]) pod.sysctl('net.ipv4.tcp_fastopen', 1027); // without a cookie, both ways

  await t.test(
    'TCP Fast Open: the data of the SYN is payload, and the ISNs of both ends agree',
    async (t) => {
      const s = new Python(
        server,
        `l = tcp('${host(4)}'); l.bind(('${host(4)}', 80)); l.setsockopt(socket.IPPROTO_TCP, 23, 5); l.listen(5)\nsay('up')\nc, _ = l.accept()\nsay(read(c, 500)); c.sendall(b'y' * 70); read(c, 1); c.close()\nsay('over')\ngo()`,
      );
      await s.next();
      const c = new Python(
        client,
        `c = tcp('${host(4)}')\nsay(c.sendto(b'x' * 500, 0x20000000, ('${host(4)}', 80)))\nread(c, 70); c.close()\nsay('over')\ngo()`,
      );
      t.equal(await c.next(), '500');
      t.equal(await s.next(), '500');
      await s.next();
      await rig.until(
        'both ends',
        () =>
          rig.rows.filter((r) => r.closed === 'fin' && (r.peerPort === 80 || r.localPort === 80)).length ===
          2,
      );
      const [own, other] = [
        rig.of(client).filter((r) => r.peerPort === 80),
        rig.of(server).filter((r) => r.localPort === 80),
      ];
      t.equal(sum(own, 'sent', 'payload'), 500, tell(own));
      t.equal(sum(other, 'received', 'payload'), 500, tell(other));
      t.equal(sum(own, 'received', 'payload'), 70);
      t.same(
        [...new Set([...own, ...other].map((row) => `${row.clientIsn} ${row.serverIsn}`))].length,
        1,
        'one pair of ISNs',
      );
    },
  );

  await t.test('a socket passed to another process is one connection', async (t) => {
    const s = new Python(
      server,
      `l = serve('${host(4)}', 81)\nsay('up')\nc, _ = l.accept()\nsay(read(c, 300)); c.close()\nsay('over')\ngo()`,
    );
    await s.next();
    new Python(
      client,
      `a, b = socket.socketpair(socket.AF_UNIX)\nif os.fork() == 0:\n    _, fds, _, _ = socket.recv_fds(b, 10, 1)\n    c = socket.socket(fileno=fds[0])\n    c.sendall(b'x' * 200); c.close(); os._exit(0)\nc = tcp('${host(4)}')\nc.connect(('${host(4)}', 81)); c.sendall(b'x' * 100)\nsocket.send_fds(a, [b'x'], [c.fileno()])\nc.close()\nos.wait()\ngo()`,
    );
    t.equal(await s.next(), '300');
    await rig.until(
      'both ends',
      () =>
        rig.rows.filter((r) => r.closed === 'fin' && (r.peerPort === 81 || r.localPort === 81)).length === 2,
    );
    const own = rig.of(client).filter((row) => row.peerPort === 81);
    t.equal(byConnection(own).length, 1);
    t.equal(sum(own, 'sent', 'payload'), 300);
  });

  await t.test(
    'a listener closed with a full backlog: what it had accepted for it is reset, and said so',
    async (t) => {
      const s = new Python(
        server,
        `l = serve('${host(4)}', 82, 2)\nsay('up')\ngo()\nl.close()\nsay('closed')\ngo()`,
      );
      await s.next();
      const c = new Python(
        client,
        `cs = []\nfor i in range(3):\n    c = tcp('${host(4)}'); c.connect(('${host(4)}', 82)); cs.append(c)\nsay('up')\ngo()`,
      );
      await c.next();
      s.tell();
      await s.next();
      const ends = () =>
        rig.rows.filter((r) => r.closed !== 'none' && (r.peerPort === 82 || r.localPort === 82));
      await rig.until('all ends', () => ends().length === 6);
      t.same([...new Set(ends().map((row) => row.closed))], ['reset'], tell(ends()));
    },
  );

  await t.test('keep-alive that nobody answers: aborted', async (t) => {
    const s = new Python(server, `l = serve('${host(4)}', 83)\nsay('up')\nc, _ = l.accept()\ngo()`);
    await s.next();
    const c = new Python(
      client,
      `c = tcp('${host(4)}')\nc.connect(('${host(4)}', 83))\nfor o, v in ((9, 1), (4, 1), (5, 1), (6, 1)): c.setsockopt(socket.SOL_SOCKET if o == 9 else socket.IPPROTO_TCP, o, v)\nsay('up')\ntry: c.recv(1)\nexcept OSError as e: say(word(e))\ngo()`,
    );
    await c.next();
    server.firewall('-A', 'INPUT', '-p', 'tcp', '--dport', '83', '-j', 'DROP');
    t.equal(await c.next(), 'ETIMEDOUT');
    await rig.until('the end', () => rig.of(client).some((r) => r.peerPort === 83 && r.closed === 'aborted'));
    t.equal(rig.of(client).filter((r) => r.peerPort === 83 && r.final).length, 1);
  });

  await t.test('connections inside the pod are not told unless lo is watched', async (t) => {
    const s = new Python(
      server,
      `l = serve('127.0.0.1', 84)\nm = serve('${host(4)}', 85)\nfor i in range(2):\n    c = tcp('127.0.0.1'); c.connect(('127.0.0.1', 84)); l.accept(); c.close()\n    d = tcp('127.0.0.1'); d.connect(('${host(4)}', 85)); m.accept(); d.close()\n    say('made')\n    go()`,
    );
    await s.next();
    rig.readAll();
    const inside = () => rig.of(server).filter((row) => [84, 85].includes(row.peerPort));
    t.equal(inside().length, 0, tell(inside()));
    await rig.watch(server, 'lo', 'loopback');
    s.tell();
    await s.next();
    await rig.until('they are told', () => inside().filter((row) => row.opened).length === 2);
  });
  t.same(rig.lost, {});
});
