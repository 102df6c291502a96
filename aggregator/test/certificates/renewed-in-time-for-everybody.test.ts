import { X509Certificate } from 'node:crypto';
import t from 'tap';
import { isSignedBy, lifeLeft, type Pair } from '../../src/certificates/pair.js';
import { type CertificateRules, type Certificates, planCertificates } from '../../src/certificates/plan.js';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 0, 1);
const rules: CertificateRules = {
  subjects: {
    aggregator: { name: 'snoopy-aggregator', names: ['snoopy-aggregator', '::1'], usage: 'server' },
    agent: { name: 'snoopy-agent', names: ['snoopy-agent'], usage: 'client' },
  },
  authorityDays: 400,
  issuedDays: 90,
  spreadMs: DAY_MS,
};

t.test(
  'four years, a look each day: who has yesterday’s authorities still believes today’s certificates',
  async (t) => {
    let now: Certificates = { authorities: [], issued: {} };
    let yesterday: readonly Pair[] = [];
    const authorities = new Set<string>();
    const issued = new Set<string>();
    let bad = '';
    for (let day = 0; day < 4 * 365; day++) {
      const nowMs = START_MS + day * DAY_MS;
      const before = now;
      now = planCertificates(before, rules, nowMs);
      for (const [kept, pair] of Object.entries(now.issued)) {
        const { certificate } = pair!;
        if (certificate !== before.issued[kept]?.certificate) {
          issued.add(certificate);
          const believed = day === 0 ? now.authorities : yesterday;
          if (!believed.some((one) => isSignedBy(certificate, one.certificate)))
            bad ||= `${kept}, day ${day}`;
        }
        // Once a month is enough to see that nothing ends before its time.
        if (day % 30 === 0 && lifeLeft(certificate, nowMs) < 1 / 3) bad ||= `${kept} ends on day ${day}`;
      }
      for (const { certificate } of now.authorities) authorities.add(certificate);
      if (now.authorities.length > 2) bad ||= `${now.authorities.length} authorities on day ${day}`;
      yesterday = now.authorities;
    }
    t.equal(bad, '');
    t.ok(authorities.size >= 5 && authorities.size <= 7, `${authorities.size} authorities`);
    // Two of them, 60 days each at most.
    t.ok(issued.size >= 2 * 24 && issued.size <= 2 * 34, `${issued.size} certificates`);
  },
);

t.test('another name makes another certificate, of the same authority', async (t) => {
  const once = planCertificates({ authorities: [], issued: {} }, rules, START_MS);
  const names = ['snoopy-aggregator', 'snoopy.example', '10.1.2.3'];
  const subjects = { ...rules.subjects, aggregator: { ...rules.subjects.aggregator!, names } };
  const { authorities, issued } = planCertificates(once, { ...rules, subjects }, START_MS + 1_000);
  t.same(authorities, once.authorities);
  t.equal(issued.agent, once.issued.agent);
  const { subjectAltName } = new X509Certificate(issued.aggregator!.certificate);
  t.equal(subjectAltName, 'DNS:snoopy-aggregator, DNS:snoopy.example, IP Address:10.1.2.3');
});

t.test('a certificate of a lost authority is made anew', async (t) => {
  const once = planCertificates({ authorities: [], issued: {} }, rules, START_MS);
  const again = planCertificates({ authorities: [], issued: once.issued }, rules, START_MS + 1_000);
  t.not(again.issued.agent, once.issued.agent);
  t.ok(isSignedBy(again.issued.agent!.certificate, again.authorities[0]!.certificate));
});
