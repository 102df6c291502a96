import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { Cluster } from '../../src/cluster/cluster.js';

export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
export const CHART = `${ROOT}charts/snoopy`;
export const SPACE = 'snoopy';

/** An end of a connection in the JSON of `snoopy observe`. */
export interface End {
  readonly namespace: string;
  readonly workload: string;
  readonly workloadKind: string;
  readonly pod: string;
  readonly node: string;
  readonly service: string;
}

export interface Flow {
  readonly time: string;
  readonly protocol: string;
  readonly source: End;
  readonly destination: End;
  readonly views: readonly { readonly agent: string; readonly sequence: number }[];
  readonly outcome: string;
}

/** A request of the shop's customer to the Service. */
export function isSale({ source, destination }: Flow): boolean {
  return source.workload === 'customer' && destination.workload === 'web' && destination.service === 'web';
}

/** The cluster that test-cluster.sh made, with the images in it. */
export function testCluster(): Cluster {
  const name = process.env.SNOOPY_CLUSTER;
  if (!name) throw new Error('run these tests with npm run test:cluster');
  return Cluster.find(name);
}

/** Installs the chart; it and everything the test made is gone after the test. */
export async function install(t: Test, helm: string, ...more: readonly string[]): Promise<Cluster> {
  const cluster = testCluster();
  t.teardown(() => {
    spawnSync(
      helm,
      ['uninstall', 'snoopy', '-n', SPACE, '--ignore-not-found', '--wait', '--timeout', '60s'],
      {
        env: cluster.environment,
      },
    );
    cluster.kubectl(['delete', 'namespace', SPACE, 'shop', '--ignore-not-found', '--wait', '--timeout=60s']);
  });
  cluster.run(helm, ['install', 'snoopy', CHART, '-n', SPACE, '--create-namespace', ...more]);
  return cluster;
}

/** Waits until every agent and the aggregator are ready. */
export function rollout(cluster: Cluster): void {
  for (const object of ['deployment/snoopy-aggregator', 'daemonset/snoopy-agent'])
    cluster.kubectl(['-n', SPACE, 'rollout', 'status', object, '--timeout=90s']);
}

/** The command line inside the aggregator's pod. */
export function snoopy(cluster: Cluster, ...args: readonly string[]): string {
  return cluster.kubectl(['-n', SPACE, 'exec', 'deploy/snoopy-aggregator', '--', 'snoopy', ...args]);
}

export function flows(cluster: Cluster, ...args: readonly string[]): Flow[] {
  const text = snoopy(cluster, 'observe', '-o', 'json', '--last', '500', ...args);
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Flow);
}

/** Asks again until there is an answer; what goes wrong meanwhile counts as none. */
export async function until<T>(
  what: string,
  seconds: number,
  probe: () => T | undefined | false,
): Promise<T> {
  const end = Date.now() + seconds * 1_000;
  let last: unknown = 'no answer';
  while (Date.now() < end) {
    try {
      const value = probe();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      last = (error as Error).message;
    }
    await sleep(250);
  }
  throw new Error(`waited ${seconds} s for ${what}: ${last}`);
}
