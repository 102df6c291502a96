import t from 'tap';
import { tell, whyNot } from '../kernel-rig.js';
import { Python } from '../python.js';
import { twoPods } from '../two-pods.js';

const skip = whyNot();

/** Sends a real ClientHello, whole or cut in two, and what a server does not answer does not matter. */
const client = (host: string): string => `
import ssl
def hello(name):
    out = ssl.MemoryBIO()
    o = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
    try: o.do_handshake()
    except ssl.SSLWantReadError: pass
    return out.read()
def pad(h, n):
    # another extension before those that are there, as post-quantum keys are large (RFC 8446, 4.1.2)
    at = 9 + 34; at += 1 + h[at]; at += 2 + (h[at] << 8 | h[at + 1]); at += 1 + h[at]
    old = h[at + 2:]; new = struct.pack('!HH', 0xfafa, n) + bytes(n) + old
    body = h[9:at] + struct.pack('!H', len(new)) + new
    return struct.pack('!BHH', 22, 0x301, len(body) + 4) + bytes([1]) + len(body).to_bytes(3, 'big') + body
def say_it(port, *parts):
    c = tcp('${host}'); c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    c.connect(('${host}', port))
    for p in parts: c.sendall(p)
    read(c, 1); c.close()
h = hello('Shop.Example.COM')
say_it(443, h)
say_it(4000, hello('any.port.test'))
big = pad(hello('post.quantum.test'), 1200)
say_it(443, big[:1100], big[1100:])
say_it(443, b'GET / HTTP/1.1\\r\\nHost: no.tls.test\\r\\n\\r\\n' + bytes(200))
say('over')
go()
`;

t.test('server names of TLS: each with its connection, also from two segments', { skip }, async (t) => {
  const { rig, server, client: pod, host } = await twoPods(t);
  const s = new Python(
    server,
    `ls = [serve('${host(4)}', 443), serve('${host(4)}', 4000)]\nsay('up')\nwhile 1:\n    for l in select.select(ls, [], [])[0]:\n        c, _ = l.accept(); c.settimeout(.3)\n        try: read(c, 100000)\n        except OSError: pass\n        c.close()`,
  );
  await s.next();
  await new Python(pod, client(host(4))).next();
  rig.readAll();
  const named = (name: string) => rig.rows.filter((row) => row.serverName === name);
  for (const [name, views] of [
    ['shop.example.com', 2],
    ['post.quantum.test', 2],
    ['any.port.test', 1], // the server's side looks at the usual ports only
  ] as const) {
    const rows = named(name);
    t.equal(rows.length, views, `${name}\n${tell(rig.rows)}`);
    for (const { pod, clientIsn, serverIsn, ...row } of rows) {
      const connection = rig.rows.filter((one) => one.pod === pod && one.clientIsn === clientIsn);
      t.equal(connection.filter((one) => one.opened).length, 1, 'by its ISNs it is that connection');
      t.ok(connection.every((one) => one.serverIsn === serverIsn));
      t.notOk(row.opened || row.final);
      t.equal(row.sent.packets + row.received.packets, 0);
    }
  }
  t.equal(rig.rows.filter((row) => row.serverName !== undefined).length, 5);
  t.same(rig.lost, {});
});
