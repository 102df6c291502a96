import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { issue, makeAuthority } from '../../src/certificates/x509.js';

const nowMs = Date.now();
const folder = t.testdir();
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const authority = makeAuthority({ nowMs, days: 10 });
const ca = file('ca.crt', authority.certificate);

/** OpenSSL's judgement, by the letter of RFC 5280. */
function verify(certificate: string, purpose: string, more: string[] = []): string {
  const args = ['verify', '-x509_strict', '-purpose', purpose, '-CAfile', ca, ...more, certificate];
  try {
    return execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    return (error as { stderr: string }).stderr;
  }
}

t.test('OpenSSL takes a server’s certificate for its names, and for nothing else', async (t) => {
  const names = ['snoopy-aggregator', '10.1.2.3', 'fd00::1'];
  const pair = issue(authority, { name: 'snoopy-aggregator', names, usage: 'server' }, { nowMs, days: 2 });
  const path = file('server.crt', pair.certificate);
  for (const name of [
    ['-verify_hostname', 'snoopy-aggregator'],
    ['-verify_ip', '10.1.2.3'],
    ['-verify_ip', 'fd00::1'],
  ])
    t.match(verify(path, 'sslserver', name), /server\.crt: OK/, name.join(' '));
  t.match(verify(path, 'sslserver', ['-verify_hostname', 'evil']), /hostname mismatch/i);
  t.match(verify(path, 'sslclient'), /unsuitable certificate purpose|unsupported certificate purpose/i);
  t.match(verify(path, 'sslserver', ['-attime', String(Math.floor(nowMs / 1_000) + 3 * 86_400)]), /expired/);
});

t.test('an agent’s certificate is a client’s, and an authority of nobody', async (t) => {
  const pair = issue(
    authority,
    { name: 'snoopy-agent', names: ['snoopy-agent'], usage: 'client' },
    { nowMs, days: 2 },
  );
  const path = file('client.crt', pair.certificate);
  t.match(verify(path, 'sslclient'), /client\.crt: OK/);
  t.match(verify(path, 'sslserver'), /unsuitable certificate purpose|unsupported certificate purpose/i);
  const forged = issue(
    pair,
    { name: 'x', names: ['snoopy-aggregator'], usage: 'server' },
    { nowMs, days: 1 },
  );
  t.match(
    verify(file('forged.crt', forged.certificate), 'sslserver', ['-untrusted', path]),
    /invalid CA|error/,
  );
});

t.test('dates beyond 2049 have their own form', async (t) => {
  const far = makeAuthority({ nowMs, days: 40 * 365 });
  const text = execFileSync('openssl', ['x509', '-noout', '-enddate'], {
    input: far.certificate,
    encoding: 'utf8',
  });
  t.match(text, /notAfter=.* 20[56]\d GMT/);
});
