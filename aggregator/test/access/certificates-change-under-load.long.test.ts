/* About 45 s: everything is real, and certificates live for seconds. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { createLog, systemClock } from '@snoopy/proto';
import t from 'tap';
import { CertificateKeeper } from '../../src/certificates/certificate-keeper.js';
import { FolderStore } from '../../src/certificates/folder-store.js';
import { IdentityFeed } from '../../src/certificates/identity.js';
import { tlsCredentials } from '../../src/server/tls-credentials.js';
import { keys, LinkRig, type Security, sleep, TestAgent, until } from '../ingest/link-rig.js';

const DAY = 86_400;
const SECONDS = 40;
const ROWS = 100;
const rules = {
  subjects: {
    aggregator: { name: 'snoopy-aggregator', names: ['snoopy-aggregator'], usage: 'server' as const },
    agent: { name: 'snoopy-agent', names: ['snoopy-agent'], usage: 'client' as const },
  },
  // Made anew after two thirds of it.
  authorityDays: 24 / DAY,
  issuedDays: 9 / DAY,
  spreadMs: 3_000,
};
const options = { 'grpc.ssl_target_name_override': 'snoopy-aggregator' };

t.test(
  'certificates and authorities change under load: no stream is cut, no record lost',
  { timeout: 180_000 },
  async (t) => {
    const store = new FolderStore(t.testdir());
    const feed = new IdentityFeed();
    const log = createLog('test', 'silent');
    const keeper = new CertificateKeeper({ store, rules, own: 'aggregator', feed, clock: systemClock, log });
    await keeper.look();
    const identities = new Set<string>();
    const authorities = new Set<string>();
    feed.listen(({ certificate, ca }) => {
      identities.add(certificate);
      authorities.add(ca);
    });
    const rig = await new LinkRig().start(0, tlsCredentials(feed, true));
    const read = (name: string): Buffer => readFileSync(join(store.place, 'agent', name));
    const security = (): Security => ({
      credentials: grpc.credentials.createSsl(read('ca.crt'), read('tls.key'), read('tls.crt')),
    });
    const first = security();
    let epoch = 1_790_000_000_000_000;
    const connect = async (name: string, how = security()): Promise<TestAgent> =>
      (await new TestAgent(rig.port, name, epoch++, options, how).hello()).openFlows();

    const lasting = await Promise.all(['a', 'b', 'c'].map((name) => connect(name)));
    const passing: TestAgent[] = [];
    let failed = '';
    const end = Date.now() + SECONDS * 1_000;
    const looking = (async () => {
      for (; Date.now() < end; await sleep(250)) await keeper.look();
    })();
    const coming = (async () => {
      for (; Date.now() < end; await sleep(700)) {
        const agent = await connect(`passing-${passing.length}`);
        failed ||= agent.errors[0]?.message ?? '';
        agent.send(ROWS);
        passing.push(agent);
      }
    })();
    for (; Date.now() < end; await sleep(20)) for (const agent of lasting) agent.send(ROWS);
    await Promise.all([looking, coming]);

    const all = [...lasting, ...passing];
    await until(() => all.every((agent) => agent.acked === agent.sequence), 30_000);
    t.equal(failed, '', 'everyone who came with the certificate of the moment was let in');
    t.same(
      lasting.flatMap(({ errors, ended }) => [...errors, ...ended]),
      [],
      'the streams that were there all the time were never cut',
    );
    const sent = all.flatMap((agent) => keys(agent, 0, agent.sequence));
    t.equal(rig.records.length, sent.length, 'as many records as were sent');
    t.equal(new Set([...rig.records, ...sent]).size, sent.length, 'each of them, once');
    t.ok(identities.size >= 5, `${identities.size} certificates of the aggregator`);
    t.ok(authorities.size >= 4, `${authorities.size} sets of authorities`);
    t.comment(
      `${sent.length} records of ${all.length} agents, ${identities.size} certificates, ${authorities.size} sets of authorities`,
    );

    const late = new TestAgent(rig.port, 'late', epoch, options, first);
    await until(() => late.errors.length > 0, 30_000);
    t.equal(late.errors[0]!.code, grpc.status.UNAVAILABLE, 'a certificate that has ended opens nothing');
    for (const agent of [...all, late]) agent.close();
    await rig.stop();
  },
);
