import { Registry } from 'prom-client';
import t from 'tap';
import { addCertificateMetrics } from '../../src/certificates/certificate-metrics.js';
import type { Identity } from '../../src/certificates/identity.js';
import { issue, makeAuthority } from '../../src/certificates/x509.js';

const NOW_MS = 1_790_000_000_000;
const DAY_S = 86_400;

t.test('the certificate of now and the authority that lasts longest; nothing without TLS', async (t) => {
  let identity: Identity | undefined;
  const registry = new Registry();
  addCertificateMetrics(registry, () => identity);
  const ends = async () => {
    const lines = (await registry.metrics()).matchAll(/^\S+\{certificate="(\w+)"\} (\d+)$/gm);
    return Object.fromEntries([...lines].map(([, name, end]) => [name!, Number(end) - NOW_MS / 1_000]));
  };
  t.same(await ends(), {});
  const old = makeAuthority({ nowMs: NOW_MS, days: 5 });
  const fresh = makeAuthority({ nowMs: NOW_MS, days: 3_000 });
  const subject = { name: 'snoopy-aggregator', names: ['localhost'], usage: 'server' } as const;
  const become = (days: number) => {
    const pair = issue(fresh, subject, { nowMs: NOW_MS, days });
    identity = { ...pair, ca: fresh.certificate + old.certificate };
  };
  become(90);
  t.same(await ends(), { aggregator: 90 * DAY_S, authority: 3_000 * DAY_S });
  become(91);
  t.same(await ends(), { aggregator: 91 * DAY_S, authority: 3_000 * DAY_S }, 'renewed without a restart');
});
