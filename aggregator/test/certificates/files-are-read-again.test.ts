import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLog } from '@snoopy/proto';
import t from 'tap';
import { FileIdentity } from '../../src/certificates/file-identity.js';
import { IdentityFeed } from '../../src/certificates/identity.js';
import { issue, makeAuthority } from '../../src/certificates/x509.js';

const validity = { nowMs: Date.now(), days: 1 };
const authority = makeAuthority(validity);
const make = () => issue(authority, { name: 'a', names: ['snoopy-aggregator'], usage: 'server' }, validity);

t.test('a new pair is taken over once it is whole', async (t) => {
  const folder = t.testdir();
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const feed = new IdentityFeed();
  const told: string[] = [];
  feed.listen(({ certificate }) => told.push(certificate));
  const files = new FileIdentity(folder, feed, createLog('test', 'silent'));
  await t.rejects(files.start(), {
    code: 'UNAVAILABLE',
    message: /needs ca\.crt, tls\.crt and tls\.key: ENOENT/,
  });

  const first = make();
  write('ca.crt', authority.certificate);
  write('tls.crt', first.certificate);
  write('tls.key', first.key);
  await files.start();
  files.stop();
  t.same(told, [first.certificate]);
  await files.look();
  t.equal(told.length, 1, 'the same is no news');

  const second = make();
  write('tls.crt', second.certificate);
  await t.rejects(files.look(), /tls\.key is not tls\.crt's/);
  t.equal(feed.now?.certificate, first.certificate, 'half a pair changes nothing');
  write('tls.key', second.key);
  await files.look();
  t.same(told, [first.certificate, second.certificate]);
  write('tls.crt', 'nonsense');
  await t.rejects(files.look(), { code: 'UNAVAILABLE' });
  t.equal(feed.now?.certificate, second.certificate);
});
