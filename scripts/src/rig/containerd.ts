import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { image, makeBusyboxImage } from './busybox-image.js';
import { cleanUp, type Leftovers } from './containerd-cleanup.js';
import { makeNetwork, type RigNetwork, writeConfig } from './containerd-config.js';
import { RigRuntime } from './cri-calls.js';

export interface RigPod {
  readonly sandboxId: string;
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** Empty for a pod on the node's network. */
  readonly ip: string;
  readonly config: object;
}

export interface PodOptions {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly hostNetwork?: boolean;
  /** Number of this sandbox among those of the pod: a recreated one has the next. */
  readonly attempt?: number;
}

/**
 * A containerd of our own: its folder, socket, network and cgroup belong to it alone, so several can run at once. Pods
 * and containers are real; the calls that make them are the CRI's, as the kubelet would make them. Needs root.
 */
export class ContainerdRig {
  readonly socket: string;
  readonly #left: Leftovers;
  readonly #guard: ChildProcess;
  #daemon: ChildProcess | undefined;
  #calls: RigRuntime;
  #containers = 0;

  private constructor(
    readonly dir: string,
    readonly network: RigNetwork,
  ) {
    this.socket = join(dir, 'containerd.sock');
    this.#left = { dir, bridge: network.bridge, cgroup: basename(dir) };
    this.#guard = startGuard(this.#left);
    this.#calls = new RigRuntime(this.socket);
  }

  /** Starts one; about a second. `prefix` begins the names of everything it makes; pods can have IPv6 addresses, too. */
  static async start(prefix = 'snoopy-rig', { ipv6 = false } = {}): Promise<ContainerdRig> {
    const dir = mkdtempSync(join(tmpdir(), `${prefix}-${process.pid}-`));
    const rig = new ContainerdRig(dir, makeNetwork(ipv6));
    try {
      writeConfig(dir, rig.network);
      await rig.startDaemon();
      const tar = makeBusyboxImage(dir);
      const ctr = ['-a', rig.socket, '-n', 'k8s.io', 'images', 'import', '--snapshotter', 'native', tar];
      execFileSync('ctr', ctr, { stdio: ['ignore', 'ignore', 'pipe'] });
      await until(() => rig.#calls.hasImage(image), 'the image to be known to the CRI');
      return rig;
    } catch (error) {
      const log = readFileSync(join(dir, 'log'), 'utf8').slice(-2_000);
      await rig.stop();
      throw new Error(`containerd did not start: ${(error as Error).message}\n${log}`, { cause: error });
    }
  }

  /** Starts the daemon, again after `killDaemon`; pods survive its absence. */
  async startDaemon(): Promise<void> {
    const log = openSync(join(this.dir, 'log'), 'a');
    this.#daemon = spawn('containerd', ['--config', join(this.dir, 'config.toml')], {
      stdio: ['ignore', log, log],
      env: { ...process.env, NOTIFY_SOCKET: '' },
    });
    closeSync(log);
    this.#daemon.on('error', () => {});
    this.#calls.close();
    this.#calls = new RigRuntime(this.socket);
    await until(() => this.#calls.answers(), 'containerd to answer');
  }

  /** Kills the daemon, not its pods. */
  async killDaemon(): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    if (!daemon || daemon.exitCode !== null) return;
    const gone = new Promise((resolve) => daemon.once('exit', resolve));
    daemon.kill('SIGKILL');
    await gone;
  }

  async runPod(options: PodOptions): Promise<RigPod> {
    const { name, namespace = 'default', uid = `uid-${namespace}-${name}` } = options;
    const config = {
      metadata: { name, namespace, uid, attempt: options.attempt ?? 0 },
      // A pod on the node's network has the node's name too.
      hostname: options.hostNetwork ? '' : 'pod',
      log_directory: join(this.dir, 'logs', uid),
      labels: {
        ...options.labels,
        'io.kubernetes.pod.name': name,
        'io.kubernetes.pod.namespace': namespace,
        'io.kubernetes.pod.uid': uid,
      },
      linux: {
        cgroup_parent: `/${this.#left.cgroup}/pod-${uid}`,
        security_context: { namespace_options: { network: options.hostNetwork ? 2 : 0 } },
      },
    };
    const sandboxId = await this.#calls.runSandbox(config);
    const { ip } = await this.#calls.sandbox(sandboxId);
    return { sandboxId, uid, namespace, name, ip, config };
  }

  /** Creates and starts a container; its id. */
  async runContainer(pod: RigPod, name: string, command: readonly string[]): Promise<string> {
    const id = await this.createContainer(pod, name, command);
    await this.#calls.startContainer(id);
    return id;
  }

  /** Creates a container without starting it; its id. */
  createContainer(pod: RigPod, name: string, command: readonly string[]): Promise<string> {
    const container = {
      metadata: { name, attempt: this.#containers++ },
      image: { image },
      command,
      labels: { 'io.kubernetes.container.name': name, 'io.kubernetes.pod.name': pod.name },
      log_path: `${name}-${this.#containers}.log`,
      linux: { security_context: { namespace_options: { network: hostNetworkOf(pod) ? 2 : 0 } } },
    };
    return this.#calls.createContainer(pod.sandboxId, container, pod.config);
  }

  /** Kills a container and removes it. */
  async removeContainer(id: string): Promise<void> {
    await this.#calls.stopContainer(id);
    await this.#calls.removeContainer(id);
  }

  /** Kills a container; it stays listed as exited. */
  stopContainer(id: string): Promise<void> {
    return this.#calls.stopContainer(id);
  }

  /** Process id of a running container. */
  async containerPid(id: string): Promise<number> {
    return JSON.parse(await this.#calls.containerInfo(id)).pid;
  }

  /** What the runtime says about a sandbox when asked verbosely. */
  async sandboxInfo(pod: RigPod): Promise<{ pid: number; netns: string }> {
    const info = JSON.parse((await this.#calls.sandbox(pod.sandboxId)).info);
    const namespaces: { type: string; path?: string }[] = info.runtimeSpec.linux.namespaces;
    return { pid: info.pid, netns: namespaces.find((n) => n.type === 'network')?.path ?? '' };
  }

  /** Stops the sandbox: containers end, the network goes; the pod stays listed as not ready. */
  stopPod(pod: RigPod): Promise<void> {
    return this.#calls.stopSandbox(pod.sandboxId);
  }

  async deletePod(pod: RigPod): Promise<void> {
    await this.#calls.stopSandbox(pod.sandboxId);
    await this.#calls.removeSandbox(pod.sandboxId);
  }

  /** Deletes all pods, ends the daemon and removes everything. */
  async stop(): Promise<void> {
    if (this.#daemon?.exitCode === null) {
      const ids = await this.#calls.sandboxIds().catch(() => []);
      await Promise.all(ids.map((id) => this.#removeQuietly(id)));
    }
    this.#calls.close();
    await this.killDaemon();
    await cleanUp(this.#left);
    this.#guard.stdin?.end('done\n');
  }

  async #removeQuietly(id: string): Promise<void> {
    // What fails here is removed by hand afterwards.
    await this.#calls.stopSandbox(id).catch(() => {});
    await this.#calls.removeSandbox(id).catch(() => {});
  }
}

function hostNetworkOf(pod: RigPod): boolean {
  return pod.ip === '';
}

/** A shell that waits for one line; end of file instead of it means that we died, and it cleans up. */
function startGuard(left: Leftovers): ChildProcess {
  const program = fileURLToPath(new URL('./containerd-guard.js', import.meta.url));
  const guard = spawn(
    'sh',
    ['-c', 'read -r line || exec "$0" "$@"', process.execPath, program, JSON.stringify(left)],
    {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    },
  );
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
  return guard;
}

async function until(probe: () => Promise<boolean>, what: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (await probe()) return;
    await sleep(50);
  }
  throw new Error(`waited 10 s for ${what}`);
}
