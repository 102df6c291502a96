import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as https from 'node:https';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

const TOKEN = 'of-the-tests';
/** Longest start, on a slow machine with other work. */
const START_MS = 120_000;

/** Where scripts/build-kubernetes.sh keeps what it built; undefined: nothing is built here. */
export function builtKubernetes(): string | undefined {
  const cache = join(homedir(), '.cache/snoopy');
  if (!existsSync(cache)) return undefined;
  const folders = readdirSync(cache).filter((name) => name.startsWith('kubernetes-'));
  return folders.map((name) => join(cache, name)).find((path) => existsSync(join(path, 'kube-apiserver')));
}

/**
 * A real etcd and a real kube-apiserver on loopback, and nothing else: objects are stored, watched and authorised, and
 * nobody acts on them.
 */
export class ControlPlane {
  readonly dir = mkdtempSync(join(tmpdir(), 'snoopy-api-'));
  readonly #programs: string;
  readonly #children = new Map<string, ChildProcess>();
  #etcd = '';
  #port = 0;

  private constructor(programs: string) {
    this.#programs = programs;
  }

  /** @param programs the folder of etcd and kube-apiserver */
  static async start(programs: string): Promise<ControlPlane> {
    const plane = new ControlPlane(programs);
    try {
      await plane.#start();
    } catch (error) {
      await plane.stop();
      throw error;
    }
    return plane;
  }

  /** A kubeconfig of the administrator. */
  get kubeconfig(): string {
    return join(this.dir, 'kubeconfig');
  }

  /** The API server's. */
  get port(): number {
    return this.#port;
  }

  /** The same through another port. @returns the file */
  kubeconfigThrough(port: number): string {
    const file = join(this.dir, `kubeconfig-${port}`);
    writeFileSync(file, JSON.stringify(kubeconfig(port)), { mode: 0o600 });
    return file;
  }

  /** Forgets every old version of every object, so that nobody can go on from one. The API server is to be away. */
  async forgetVersions(): Promise<void> {
    const key = Buffer.from('\0').toString('base64');
    const ask = async (path: string, body: object) => {
      const answer = await fetch(`${this.#etcd}/v3/kv/${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
      });
      return (await answer.json()) as { header: { revision: string } };
    };
    const { header } = await ask('range', { key, range_end: key, count_only: true });
    await ask('compaction', { revision: header.revision, physical: true });
  }

  /** Calls the API. Throws for an answer that is no success. */
  async call<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    type = 'application/json',
  ): Promise<T> {
    return JSON.parse(
      await this.send(method, path, body === undefined ? undefined : JSON.stringify(body), type),
    ) as T;
  }

  /** Sends a body as it is, such as YAML. Throws for an answer that is no success. @returns the answer */
  async send(method: string, path: string, body: string | undefined, type: string): Promise<string> {
    const { status, text } = await this.#send(method, path, body, type);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return text;
  }

  /** Ends the API server, gracefully or with SIGKILL; its data stays. */
  async stopApi(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.#end('kube-apiserver', signal);
  }

  async startApi(): Promise<void> {
    this.#spawn('kube-apiserver', [
      `--etcd-servers=${this.#etcd}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${this.#port}`,
      `--cert-dir=${this.dir}`,
      '--service-cluster-ip-range=10.96.0.0/16',
      '--authorization-mode=RBAC',
      `--token-auth-file=${this.dir}/tokens`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${this.dir}/accounts.key`,
      `--service-account-signing-key-file=${this.dir}/accounts.key`,
      '--watch-cache=true',
      '--shutdown-delay-duration=0s',
    ]);
    const ready = async () => {
      const { status } = await this.#send('GET', '/readyz', undefined, '').catch(() => ({ status: 0 }));
      return status === 200;
    };
    await this.#until(ready, 'kube-apiserver');
  }

  async stop(): Promise<void> {
    await this.#end('kube-apiserver', 'SIGKILL');
    await this.#end('etcd', 'SIGKILL');
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** The end of what a program said. */
  log(program: string): string {
    return readFileSync(join(this.dir, `${program}.log`), 'utf8').slice(-2_000);
  }

  async #start(): Promise<void> {
    const [client, peer, api] = (await Promise.all([freePort(), freePort(), freePort()])) as [
      number,
      number,
      number,
    ];
    this.#etcd = `http://127.0.0.1:${client}`;
    this.#port = api;
    this.#writeFiles();
    this.#spawn('etcd', [
      '--name=test',
      `--data-dir=${this.dir}/etcd`,
      '--unsafe-no-fsync',
      '--log-level=warn',
      `--listen-client-urls=${this.#etcd}`,
      `--advertise-client-urls=${this.#etcd}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
    ]);
    await this.startApi();
  }

  #writeFiles(): void {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = privateKey.export({ type: 'sec1', format: 'pem' });
    writeFileSync(join(this.dir, 'accounts.key'), key, { mode: 0o600 });
    writeFileSync(join(this.dir, 'tokens'), `${TOKEN},admin,admin,system:masters\n`, { mode: 0o600 });
    writeFileSync(this.kubeconfig, JSON.stringify(kubeconfig(this.#port)), { mode: 0o600 });
  }

  #spawn(program: string, args: readonly string[]): void {
    const log = openSync(join(this.dir, `${program}.log`), 'a');
    const child = spawn(join(this.#programs, program), args, { stdio: ['ignore', log, log] });
    this.#children.set(program, child);
  }

  async #end(program: string, signal: NodeJS.Signals): Promise<void> {
    const child = this.#children.get(program);
    this.#children.delete(program);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  async #until(done: () => Promise<boolean>, program: string): Promise<void> {
    for (const end = Date.now() + START_MS; !(await done()); ) {
      if (this.#children.get(program)?.exitCode != null || Date.now() > end)
        throw new Error(`${program} does not come up: ${this.log(program)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  #send(
    method: string,
    path: string,
    text: string | undefined,
    type: string,
  ): Promise<{ status: number; text: string }> {
    const headers = { authorization: `Bearer ${TOKEN}`, ...(text ? { 'content-type': type } : {}) };
    const options = { host: '127.0.0.1', port: this.#port, rejectUnauthorized: false, agent: false as const };
    return new Promise((resolve, reject) => {
      const call = https.request({ ...options, method, path, headers }, async (response) => {
        let answer = '';
        for await (const piece of response.setEncoding('utf8')) answer += piece;
        resolve({ status: response.statusCode ?? 0, text: answer });
      });
      call.on('error', reject).end(text);
    });
  }
}

function kubeconfig(port: number): object {
  const name = 'test';
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
    users: [{ name, user: { token: TOKEN } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
