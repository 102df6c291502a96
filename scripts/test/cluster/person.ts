import { execFile, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import type { Cluster } from '../../src/cluster/cluster.js';
import { ROOT, SPACE } from './snoopy-release.js';

/** Somebody outside of the cluster, with a service account's token: the command line through a port-forward. */
export class Person {
  private constructor(
    readonly name: string,
    readonly server: string,
    /** Where their files are: ca.crt and token. */
    readonly folder: string,
  ) {}

  /** @param namespaces where the chart's role for operators is theirs  */
  static async arrive(
    t: Test,
    cluster: Cluster,
    name: string,
    namespaces: readonly string[],
  ): Promise<Person> {
    const folder = t.testdir();
    cluster.kubectl(['-n', SPACE, 'create', 'serviceaccount', name]);
    const who = `--serviceaccount=${SPACE}:${name}`;
    for (const namespace of namespaces)
      cluster.kubectl(['-n', namespace, 'create', 'rolebinding', name, '--clusterrole=snoopy-operator', who]);
    writeFileSync(join(folder, 'token'), cluster.kubectl(['-n', SPACE, 'create', 'token', name]));
    const path = 'jsonpath={.data.ca\\.crt}';
    writeFileSync(
      join(folder, 'ca.crt'),
      cluster.kubectl(['-n', SPACE, 'get', 'configmap', 'snoopy-tls-client', '-o', path]),
    );
    return new Person(name, await forward(t, cluster), folder);
  }

  /** What kubectl calls them. */
  get account(): string {
    return `system:serviceaccount:${SPACE}:${this.name}`;
  }

  /** Runs `snoopy`; gives what it printed. Rejects with its complaint. */
  async snoopy(...args: readonly string[]): Promise<string> {
    const command = [`${ROOT}aggregator/bin/snoopy.js`, ...args];
    const env = {
      ...process.env,
      NODE_OPTIONS: '',
      SNOOPY_SERVER: this.server,
      SNOOPY_TLS_CA: join(this.folder, 'ca.crt'),
      SNOOPY_TOKEN_FILE: join(this.folder, 'token'),
    };
    return (await promisify(execFile)(process.execPath, command, { env })).stdout;
  }
}

/** @returns HOST:PORT of this machine that leads to the aggregator */
async function forward(t: Test, cluster: Cluster): Promise<string> {
  const args = ['-n', SPACE, 'port-forward', 'service/snoopy-aggregator', ':4245'];
  const child = spawn('kubectl', args, { env: cluster.environment, stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill());
  // It goes on writing, so somebody goes on reading.
  return new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (line: string) => {
      const [address] = /127\.0\.0\.1:\d+/.exec(line) ?? [];
      if (address) resolve(address);
    });
    child.once('exit', () => reject(new Error('kubectl port-forward ended')));
  });
}
