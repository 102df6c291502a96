import type { Namespace } from '@snoopy/scripts/rig/netns';
import t from 'tap';
import { KernelRig, sum, tell, whyNot } from '../kernel-rig.js';
import { Python } from '../python.js';
import { twoPods } from '../two-pods.js';

const skip = whyNot();
const clsact = { attach: 'clsact', tcp: 'auto' } as const;

const filters = (pod: Namespace): number =>
  ['ingress', 'egress'].reduce(
    (n, hook) => n + (pod.run('tc', 'filter', 'show', 'dev', 'eth0', hook).match(/handle 0x/g)?.length ?? 0),
    0,
  );
const hasQdisc = (pod: Namespace): boolean =>
  pod.run('tc', 'qdisc', 'show', 'dev', 'eth0').includes('clsact');

t.test('with clsact everything is counted as with TCX, and nothing stays', { skip }, async (t) => {
  const { rig, server, client, attached, host } = await twoPods(t, {}, clsact);
  t.equal(filters(client), 2);
  const s = new Python(
    server,
    `l = serve('${host(4)}', 80)\nsay('up')\nc, _ = l.accept()\nread(c, 1000); c.close()\nsay('over')\ngo()`,
  );
  await s.next();
  new Python(
    client,
    `u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nfor i in range(10): u.sendto(b'x' * 10, ('${host(4)}', 5000))\nc = tcp('${host(4)}'); c.connect(('${host(4)}', 80)); c.sendall(b'x' * 1000); read(c, 1); c.close()\ntcp('${host(4)}').connect_ex(('${host(4)}', 81))\ngo()`,
  );
  await s.next();
  await rig.until('the refusal', (rows) => rows.filter((row) => row.outcome === 'refused').length === 2);
  rig.readAll();
  t.equal(sum(rig.of(client), 'sent', 'payload'), 1_000, tell(rig.rows));
  t.equal(sum(rig.of(client, 'udp'), 'sent', 'packets'), 10);
  t.equal(sum(rig.of(server, 'udp'), 'received', 'packets'), 10);
  t.ok(await attached.client.isThere());
  await attached.client.detach(Date.now() * 1_000);
  t.equal(filters(client), 0);
  t.notOk(hasQdisc(client), 'the qdisc was ours');
  t.notOk(await attached.client.isThere());
  t.ok(await attached.server.isThere());
  t.same(rig.lost, {});
});

t.test("another's filter and qdisc stay, whatever comes and goes", { skip }, async (t) => {
  const { rig, client } = await twoPods(t, {}, clsact);
  const other = ['prio', '2', 'handle', '7', 'bpf', 'da', 'bytecode', '1,6 0 0 4294967295'];
  client.run('tc', 'filter', 'add', 'dev', 'eth0', 'ingress', ...other);
  t.equal(filters(client), 3);
  // an agent that was killed left its filters: the next one replaces them
  const next = new KernelRig(t, {}, clsact);
  const attachment = await next.watch(client);
  t.equal(filters(client), 3, 'no filter twice');
  await attachment.detach(Date.now() * 1_000);
  t.equal(filters(client), 1);
  t.ok(hasQdisc(client), 'it is in use');
  client.run('tc', 'filter', 'del', 'dev', 'eth0', 'ingress', ...other.slice(0, 5));
  // what TCX finds of ours it removes
  await next.watch(client);
  const modern = new KernelRig(t);
  await modern.watch(client);
  t.equal(filters(client), 0);
  rig.flows.close();
});
