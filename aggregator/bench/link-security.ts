import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { IdentityFeed } from '../src/certificates/identity.js';
import type { Pair } from '../src/certificates/pair.js';
import { issue, makeAuthority } from '../src/certificates/x509.js';
import { tlsCredentials } from '../src/server/tls-credentials.js';

/** Certificates for the bench's processes, in a folder that they get as argument. */
export class BenchCertificates {
  readonly folder = mkdtempSync(join(tmpdir(), 'snoopy-bench-'));
  readonly argument = `tls=${this.folder}`;

  constructor() {
    const validity = { nowMs: Date.now(), days: 1 };
    const authority = makeAuthority(validity);
    const names = ['snoopy-aggregator'];
    this.#write('server', authority, issue(authority, { name: 'server', names, usage: 'server' }, validity));
    this.#write('client', authority, issue(authority, { name: 'client', names, usage: 'client' }, validity));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  #write(name: string, authority: Pair, { certificate, key }: Pair): void {
    const files = { ca: authority.certificate, certificate, key };
    writeFileSync(join(this.folder, `${name}.json`), JSON.stringify(files), { mode: 0o600 });
  }
}

function given(name: string): { ca: string; certificate: string; key: string } | undefined {
  const folder = process.argv.find((argument) => argument.startsWith('tls='))?.slice(4);
  return folder ? JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) : undefined;
}

/** As the aggregator's port for agents has them; plain text without the argument. */
export function serverSecurity(): grpc.ServerCredentials {
  const identity = given('server');
  if (!identity) return grpc.ServerCredentials.createInsecure();
  const feed = new IdentityFeed();
  feed.put(identity);
  return tlsCredentials(feed, true);
}

/** As an agent has them. */
export function clientSecurity(): grpc.ChannelCredentials {
  const identity = given('client');
  if (!identity) return grpc.credentials.createInsecure();
  const { ca, key, certificate } = identity;
  return grpc.credentials.createSsl(Buffer.from(ca), Buffer.from(key), Buffer.from(certificate));
}
