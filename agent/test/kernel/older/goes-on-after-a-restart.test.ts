import { Net } from '@snoopy/scripts/rig/netns';
import t from 'tap';
import { KernelRig, sum, tell, whyNot } from '../kernel-rig.js';
import { Python } from '../python.js';

const skip = whyNot();

t.test(
  'a connection older than the watch: never new, its ISNs known, only what comes from now on',
  { skip },
  async (t) => {
    const net = new Net();
    t.teardown(() => net.close());
    const bridge = net.bridge();
    const server = bridge.join(net.namespace('server'));
    const client = bridge.join(net.namespace('client'));
    for (const host of [bridge.v4(server), bridge.v6(server)]) {
      const s = new Python(
        server,
        `l = serve('${host}', 80)\nsay('up')\nc, _ = l.accept()\nread(c, 1000)\nc.sendall(b'y' * 300)\nread(c, 2000)\nc.sendall(b'y' * 400)\nread(c, 3000); c.sendall(b'y' * 50)\nread(c, 1); c.close()\nsay('over')\ngo()`,
      );
      await s.next();
      const first = new KernelRig(t);
      for (const pod of [server, client]) await first.watch(pod);
      const c = new Python(
        client,
        `c = tcp('${host}')\nc.connect(('${host}', 80))\nc.sendall(b'x' * 1000); read(c, 300); say('first')\ngo()\nc.sendall(b'x' * 2000); read(c, 400); say('second')\ngo()\nc.sendall(b'x' * 3000); read(c, 50); say('third')\ngo()\nc.shutdown(1); read(c, 1); c.close(); say('over')\ngo()`,
      );
      await c.next();
      first.readAll();
      await first.until('both ends', () => first.of(client).length > 0 && first.of(server).length > 0);
      const [born] = first.of(client);
      first.flows.shutdown();
      first.poll();
      first.flows.close();

      c.tell();
      await c.next(); // nobody watches
      await new Promise((resolve) => setTimeout(resolve, 100));

      const second = new KernelRig(t);
      for (const pod of [server, client]) await second.watch(pod);
      second.readAll();
      t.equal(second.rows.filter((row) => row.protocol === 'tcp').length, 0, 'no news, no row');
      c.tell();
      await c.next();
      await new Promise((resolve) => setTimeout(resolve, 700)); // what was told just now is left for the next pass
      second.readAll();
      for (const pod of [client, server]) {
        const rows = second.of(pod);
        t.ok(rows.length > 0, tell(rows));
        t.ok(rows.every((row) => !row.opened && !row.final && row.outcome === 'established'));
        t.equal(rows[0]!.initiator, pod === client ? 'local' : 'peer');
        t.ok(
          rows.every((row) => row.clientIsn === born!.clientIsn && row.serverIsn === born!.serverIsn),
          'the same ISNs',
        );
        t.equal(sum(rows, pod === client ? 'sent' : 'received', 'payload'), 3_000);
        t.equal(sum(rows, pod === client ? 'received' : 'sent', 'payload'), 50);
      }
      c.tell();
      await s.next();
      await second.until('the end', (rows) => rows.filter((row) => row.closed === 'fin').length === 2);
      for (const pod of [client, server]) {
        const rows = second.of(pod);
        t.ok(rows.every((row) => !row.opened && !row.final));
        t.ok(
          rows.every((row) => row.clientIsn === born!.clientIsn && row.serverIsn === born!.serverIsn),
          'the same ISNs to the end',
        );
        t.equal(sum(rows, pod === client ? 'sent' : 'received', 'payload'), 3_000, 'and no byte more');
      }
      second.flows.close();
    }
  },
);
