import t from 'tap';
import { HttpServer } from '../../src/http/http-server.js';

t.test('metrics, health and readiness', async (t) => {
  let ok = true;
  const server = new HttpServer({
    metrics: () => ({ type: 'text/plain; version=0.0.4', text: 'x 1\n' }),
    readiness: () => ({ ok, lines: [ok ? 'fine' : 'aggregator: not connected'] }),
  });
  const base = `http://${await server.listen({ host: '127.0.0.1', port: 0 })}`;
  t.teardown(() => server.close());
  const metrics = await fetch(`${base}/metrics`);
  t.equal(metrics.headers.get('content-type'), 'text/plain; version=0.0.4');
  t.equal(await metrics.text(), 'x 1\n');
  t.equal((await fetch(`${base}/healthz`)).status, 200);
  t.equal((await fetch(`${base}/readyz?verbose`)).status, 200);
  ok = false;
  const not = await fetch(`${base}/readyz`);
  t.equal(not.status, 503);
  t.match(await not.text(), /not connected/);
  t.equal((await fetch(`${base}/../etc/passwd`)).status, 404);
  t.equal((await fetch(`${base}/metrics`, { method: 'POST', body: 'x' })).status, 405);
});

t.test('an address that is taken is an error', async (t) => {
  const parts = { metrics: () => ({ type: '', text: '' }), readiness: () => ({ ok: true, lines: [] }) };
  const first = new HttpServer(parts);
  const address = await first.listen({ host: '127.0.0.1', port: 0 });
  t.teardown(() => first.close());
  const port = Number(address.split(':')[1]);
  await t.rejects(new HttpServer(parts).listen({ host: '127.0.0.1', port }), /EADDRINUSE/);
});
