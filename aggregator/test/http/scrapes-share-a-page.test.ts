import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { makeFlow, makePod } from '../fakes/flow.js';
import { serveHttp } from '../fakes/http.js';
import { type Exposition, parsePage } from '../fakes/page.js';

const PODS = 1_000;

function fill(exposition: Exposition, name = 'pod'): void {
  for (let slot = 0; slot < PODS; slot++) {
    exposition.take(makeFlow({ slot, sourcePod: makePod(`${name}-${slot}`), handshakeUs: 10 }));
  }
}

async function scrape(port: number, gzip = false): Promise<string> {
  const headers = gzip ? { 'accept-encoding': 'gzip' } : {};
  const [response] = (await once(get({ port, path: '/metrics', headers, agent: false }), 'response')) as [
    IncomingMessage,
  ];
  const body = Buffer.concat(await response.toArray());
  return String(gzip ? gunzipSync(body) : body);
}

/** A client that sends its request and reads nothing. */
async function stuckClient(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.pause();
  socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
  return socket;
}

t.test('many at once, while everything changes: every one gets whole numbers', async (t) => {
  const { port, exposition } = await serveHttp(t);
  fill(exposition);
  let added = 0;
  const timer = setInterval(() => {
    for (let slot = 0; slot < PODS; slot += 7) {
      exposition.take(makeFlow({ slot, renamed: false, request: { bytes: 900_000_007 }, closed: 1 }));
      added++;
    }
    exposition.take(makeFlow({ slot: 10_000 + added, sourcePod: makePod(`new-${added}`) }));
  }, 1);
  t.teardown(() => clearInterval(timer));
  for (let round = 0; round < 3; round++) {
    const pages = await Promise.all([0, 1, 2, 3].map((i) => scrape(port, i % 2 === 1)));
    for (const page of pages) {
      const bytes = Object.entries(parsePage(page)).filter(
        ([series]) => series.startsWith('snoopy_flow_bytes_total') && series.includes('direction="request"'),
      );
      // Every flow brings 300 bytes, or 900,000,007: a torn number would be neither.
      const torn = bytes.filter(([, value]) => {
        const large = Math.floor(value / 900_000_007);
        return value - large * 900_000_007 !== 300;
      });
      t.same(torn, []);
    }
  }
});

t.test('a scrape that comes later sees what happened since', async (t) => {
  const { port, exposition } = await serveHttp(t);
  for (let flows = 1; flows <= 3; flows++) {
    exposition.take(makeFlow({ renamed: true }));
    t.match(await scrape(port), new RegExp(`snoopy_connections_total\\{.*\\} +${flows}\\n`));
  }
});

t.test('a client that reads nothing delays the others a little, then it is cut off', async (t) => {
  const { port, exposition } = await serveHttp(t);
  // About 20 MB, more than sockets keep.
  fill(exposition, 'a'.repeat(240));
  fill(exposition, 'b'.repeat(240));
  fill(exposition, 'c'.repeat(240));
  await scrape(port);
  const stuck = await stuckClient(port);
  t.teardown(() => stuck.destroy());
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  exposition.take(makeFlow({ slot: 0, renamed: false, outcome: 4 }));
  const start = performance.now();
  const page = await scrape(port);
  t.ok(/outcome="timeout"\} +1\n/.test(page), 'and they see the present');
  t.ok(performance.now() - start < 8_000);
  stuck.resume();
  await once(stuck, 'close');
});
