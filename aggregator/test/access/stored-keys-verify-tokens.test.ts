import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import t from 'tap';
import { IssuerFile } from '../../src/access/issuer-file.js';
import { type Jwk, parseJwt } from '../../src/access/jwt.js';
import { KeyRing } from '../../src/access/key-ring.js';
import { KubeError } from '../../src/kubernetes/kube-api.js';
import { KubeQuestions } from '../../src/kubernetes/kube-questions.js';
import { FakeKubeApi } from '../fakes/fake-kube-api.js';
import { HandClock } from '../fakes/hand-clock.js';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const other = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const jwk = (key: KeyObject, kid: string): Jwk =>
  ({ ...key.export({ format: 'jwk' }), kid, use: 'sig' }) as Jwk;
const clock = new HandClock();
const now = clock.us / 1e6;
const good = { iss: 'https://cluster', aud: ['snoopy-aggregator'], exp: now + 600, nbf: now - 5, sub: 's' };
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(key: KeyObject, header: object, claims: object = good): string {
  const signed = `${part(header)}.${part(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

const api = new FakeKubeApi();
api.answer = ({ path }) =>
  path === '/openid/v1/jwks'
    ? { status: 200, body: { keys: [jwk(rsa.publicKey, 'r'), jwk(ec.publicKey, 'e')] } }
    : { status: 200, body: { issuer: 'https://cluster' } };
const file = new IssuerFile(`${t.testdir()}/deep/issuer.json`);
const ring = new KeyRing(new KubeQuestions(api), file, clock);
await ring.start();
ring.stop();
const fault = (text: string, of = ring): string | undefined => of.fault(parseJwt(text)!, 'snoopy-aggregator');

t.test('RS256 and ES256 tokens of the cluster are good', async (t) => {
  t.equal(fault(token(rsa.privateKey, { alg: 'RS256', kid: 'r' })), undefined);
  t.equal(fault(token(rsa.privateKey, { alg: 'RS256' })), undefined, 'without the key’s name too');
  t.equal(fault(token(ec.privateKey, { alg: 'ES256', kid: 'e' })), undefined);
});

t.test('the keys outlive a restart without API server', async (t) => {
  const away = new FakeKubeApi();
  away.answer = () => new KubeError(0, 'away');
  const later = new KeyRing(new KubeQuestions(away), file, clock);
  await later.start();
  later.stop();
  t.equal(fault(token(rsa.privateKey, { alg: 'RS256', kid: 'r' }), later), undefined);
  const never = new KeyRing(new KubeQuestions(away), new IssuerFile(`${t.testdir()}/none`), clock);
  await never.start();
  never.stop();
  t.match(fault(token(rsa.privateKey, { alg: 'RS256' }), never), /not known yet/);
});

t.test('all others are not', async (t) => {
  const claims = (more: object): string =>
    token(rsa.privateKey, { alg: 'RS256', kid: 'r' }, { ...good, ...more });
  t.match(fault(claims({ exp: now - 1 })), /ended/);
  t.match(fault(claims({ exp: undefined })), /ended/);
  t.match(fault(claims({ exp: 'later' })), /ended/);
  t.match(fault(claims({ nbf: now + 3_600 })), /not begun/);
  t.match(fault(claims({ aud: ['https://kubernetes.default.svc'] })), /not for snoopy-aggregator/);
  t.match(fault(claims({ aud: undefined })), /not for/);
  t.match(fault(claims({ iss: 'https://elsewhere' })), /another cluster/);
  const signature = /signature/;
  t.match(fault(token(other.privateKey, { alg: 'RS256', kid: 'r' })), signature);
  t.match(fault(token(ec.privateKey, { alg: 'ES256', kid: 'r' })), signature, 'another key’s name');
  t.match(fault(token(ec.privateKey, { alg: 'RS256', kid: 'e' })), signature, 'another kind');
  for (const alg of ['none', 'HS256', 'PS256', '__proto__', 'constructor']) {
    t.match(fault(token(rsa.privateKey, { alg, kid: 'r' })), signature, alg);
  }
  const signed = `${part({ alg: 'HS256', kid: 'r' })}.${part(good)}`;
  const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' });
  const mac = createHmac('sha256', pem).update(signed).digest('base64url');
  t.match(fault(`${signed}.${mac}`), signature, 'the public key as a secret');
  const [head, , end] = token(rsa.privateKey, { alg: 'RS256', kid: 'r' }).split('.');
  t.match(fault(`${head}.${part({ ...good, sub: 'x' })}.${end}`), signature, 'other claims');
});

t.test('what is no token is none', async (t) => {
  for (const text of ['', 'a', 'a.b', 'a.b.c', 'a.b.c.d', `${part([])}.${part({})}.x`, `bnVsbA.bnVsbA.x`])
    t.equal(parseJwt(text), undefined, text);
});
