import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentials, Metadata } from '@grpc/grpc-js';
import { ObserverClient } from '@snoopy/proto';

const TRIES = 50;
const PAUSE = 100;

/** Waits until the aggregator knows that so many pods are watched; gives up silently after 5 s: the table will tell. */
export async function waitForPods(aggregator: string, trust: string, count: number): Promise<void> {
  const client = new ObserverClient(aggregator, credentials.createSsl(readFileSync(join(trust, 'ca.crt'))), {
    'grpc.ssl_target_name_override': 'snoopy-aggregator',
  });
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${readFileSync(join(trust, 'token'), 'utf8').trim()}`);
  const watched = (): Promise<number> =>
    new Promise((resolve) => {
      client.getStatus({}, metadata, { deadline: Date.now() + 1_000 }, (_, status) => {
        const pods = status?.agents.flatMap((agent) => agent.pods) ?? [];
        resolve(pods.filter((pod) => pod.state === 'WATCH_STATE_WATCHED').length);
      });
    });
  for (let i = 0; i < TRIES && (await watched()) < count; i++) await sleep(PAUSE);
  client.close();
}
