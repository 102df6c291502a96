import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { makeFlow, makePod } from '../fakes/flow.js';
import { serveHttp } from '../fakes/http.js';
import { parsePage } from '../fakes/page.js';

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

async function ask(port: number, path: string, method = 'GET', headers = {}): Promise<Answer> {
  const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const body = Buffer.concat(await response.toArray());
  return { status: response.statusCode!, headers: response.headers, body };
}

t.test('/metrics, plain and gzip, the same page', async (t) => {
  const { port, exposition } = await serveHttp(t);
  for (let slot = 0; slot < 500; slot++) {
    exposition.take(makeFlow({ slot, sourcePod: makePod(`pod-${slot}`), handshakeUs: slot + 1 }));
  }
  const plain = await ask(port, '/metrics?x=1');
  t.equal(plain.status, 200);
  t.match(plain.headers['content-type'], /^text\/plain; version=0\.0\.4/);
  t.equal(Number(plain.headers['content-length']), plain.body.length);
  const gzip = await ask(port, '/metrics', 'GET', { 'accept-encoding': 'deflate, gzip;q=0.8' });
  t.equal(gzip.headers['content-encoding'], 'gzip');
  t.ok(gunzipSync(gzip.body).equals(plain.body));
  t.equal(Object.keys(parsePage(String(plain.body))).length, 500 * 19 + 1);
  t.match(String(plain.body), /\nown_metric 1\n$/);
});

t.test('gzip that is refused is not sent', async (t) => {
  const { port } = await serveHttp(t);
  const answer = await ask(port, '/metrics', 'GET', { 'accept-encoding': 'gzip;q=0, br' });
  t.notOk(answer.headers['content-encoding']);
});

t.test('HEAD has the headers of GET and no body', async (t) => {
  const { port } = await serveHttp(t);
  const [get, head] = [await ask(port, '/metrics'), await ask(port, '/metrics', 'HEAD')];
  t.equal(head.headers['content-length'], get.headers['content-length']);
  t.equal(head.body.length, 0);
});

t.test('health and readiness', async (t) => {
  const { port, state } = await serveHttp(t);
  t.match(await ask(port, '/healthz'), { status: 200, body: Buffer.from('ok\n') });
  t.equal((await ask(port, '/readyz')).status, 200);
  state.ready = false;
  t.equal((await ask(port, '/healthz')).status, 200);
  const answer = await ask(port, '/readyz');
  t.equal(answer.status, 503);
  t.match(String(answer.body), /^Not ready: .*\.\n$/);
});

t.test('what is not there, and what is not allowed, is said', async (t) => {
  const { port } = await serveHttp(t);
  const missing = await ask(port, '/../etc/passwd');
  t.equal(missing.status, 404);
  t.match(String(missing.body), /\/metrics/);
  const post = await ask(port, '/metrics', 'POST');
  t.equal(post.status, 405);
  t.equal(post.headers.allow, 'GET, HEAD');
});

t.test('bytes that are no HTTP do no harm', async (t) => {
  const { port } = await serveHttp(t);
  const socket = connect(port, '127.0.0.1');
  socket.end('\x16\x03\x01 hello\r\n\r\n');
  socket.resume();
  await once(socket, 'close');
  t.equal((await ask(port, '/healthz')).status, 200);
});
