import type { AddressInfo } from 'node:net';
import { systemClock } from '@snoopy/proto';
import type { Test } from 'tap';
import { createHttpService } from '../../src/http/http-service.js';
import { MetricsPage } from '../../src/http/metrics-page.js';
import { Exposition } from './page.js';

/** The HTTP endpoints on a port of their own, and the metrics behind them. */
export async function serveHttp(t: Test) {
  const exposition = new Exposition(100_000);
  const state = { ready: true };
  const own = { metrics: () => Promise.resolve('own_metric 1\n') };
  const page = new MetricsPage(exposition.page, own, systemClock);
  const server = createHttpService({ page, ready: () => state.ready });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, exposition, state };
}
