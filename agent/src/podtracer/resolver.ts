import type { PodInfo, PodNetwork, PodSource } from '../pods/pod-source.js';
import type { HeldProcess, Namespaces } from './namespaces.js';
import type { ResolveOptions } from './podtracer.js';
import { type Target, TargetError } from './target.js';

/** One way to a pod's network. */
type Way =
  | { readonly via: 'sandbox-path'; readonly path: string }
  | { readonly via: 'sandbox-pid' | 'container-pid'; readonly process: HeldProcess };

/** A target with what is needed to verify it again. */
interface VerifiedTarget extends Target {
  readonly way: Way;
}

/**
 * From a pod to its open, verified network namespace. The order of the ways in: the path that the runtime keeps (needs
 * SYS_ADMIN alone), the sandbox's process, any running container's.
 */
export class Resolver {
  constructor(
    readonly pods: Pick<PodSource, 'locate'>,
    readonly namespaces: Namespaces,
  ) {}

  /** Throws TargetError with a reason. */
  async resolve(pod: PodInfo, options: ResolveOptions = {}): Promise<Target> {
    const network = await this.#locate(pod);
    if (network.hostNetwork && !options.allowHostNetwork) {
      throw new TargetError(
        'host-network',
        `${label(pod)} shares the node's network; ask for it explicitly to enter`,
      );
    }
    if (options.container !== undefined) requireContainer(pod, network, options.container);
    const target = this.#open({ ...pod, sandboxId: network.sandboxId }, network);
    try {
      this.#refuseNode(target, network);
      await this.verify(target);
      return target;
    } catch (error) {
      target.close();
      throw error;
    }
  }

  /**
   * Throws TargetError when the open namespace is not, or no longer, the pod's: the runtime must still name the same
   * ready sandbox and the same way in, and that way must still lead to this very namespace. For a process this means
   * that its id is named before and after the opening and that it lives: no other process had its id in between.
   */
  async verify(target: Target): Promise<void> {
    const { pod, inode } = target;
    const { way } = target as VerifiedTarget;
    const network = await this.#locate(pod);
    if (network.sandboxId !== pod.sandboxId) {
      throw new TargetError('gone', `${label(pod)} has a new sandbox; the old network is no longer its`);
    }
    const same =
      way.via === 'sandbox-path'
        ? network.path === way.path && this.namespaces.inodeAt(way.path) === inode
        : pidsOf(network).includes(way.process.pid) && way.process.alive();
    if (!same)
      throw new TargetError('gone', `the network namespace of ${label(pod)} was replaced; resolve it again`);
  }

  async #locate(pod: PodInfo): Promise<PodNetwork> {
    const network = await this.pods.locate(pod.uid);
    if (!network) throw new TargetError('gone', `${label(pod)} is no longer on this node`);
    if (!network.ready) throw new TargetError('not-ready', `the sandbox of ${label(pod)} does not run`);
    return network;
  }

  #open(pod: PodInfo, network: PodNetwork): VerifiedTarget {
    let problem: 'missing' | 'not-permitted' | 'not-a-namespace' = 'missing';
    for (const way of this.#ways(network)) {
      const opened =
        way.via === 'sandbox-path' ? this.namespaces.openPath(way.path) : way.process.openNetwork();
      if ('fd' in opened) return this.#targetOf(pod, way, opened);
      if (way.via !== 'sandbox-path') way.process.release();
      if (opened.failed !== 'missing') problem = opened.failed;
    }
    throw notOpened(pod, problem);
  }

  *#ways(network: PodNetwork): Iterable<Way> {
    if (network.path !== undefined) yield { via: 'sandbox-path', path: network.path };
    for (const pid of pidsOf(network)) {
      const via = pid === network.sandboxPid ? 'sandbox-pid' : 'container-pid';
      const process = this.namespaces.holdProcess(pid);
      if (process) yield { via, process };
    }
  }

  #targetOf(pod: PodInfo, way: Way, { fd, inode }: { fd: number; inode: number }): VerifiedTarget {
    let open = true;
    const close = (): void => {
      if (!open) return;
      open = false;
      this.namespaces.close(fd);
      if (way.via !== 'sandbox-path') way.process.release();
    };
    const lasting = way.via === 'sandbox-path' ? { path: way.path } : { pid: way.process.pid };
    return { pod, inode, via: way.via, ...lasting, fd, way, close };
  }

  /** A pod that has a network of its own must not lead to the node's: then a process id was another's. */
  #refuseNode({ pod, inode }: Target, network: PodNetwork): void {
    if (network.hostNetwork || inode !== this.namespaces.node()) return;
    throw new TargetError(
      'bad-namespace',
      `what the runtime names for ${label(pod)} is the node's own network`,
    );
  }
}

function pidsOf(network: PodNetwork): number[] {
  const containers = network.containers.map(({ pid }) => pid);
  return network.sandboxPid === undefined ? containers : [network.sandboxPid, ...containers];
}

function requireContainer(pod: PodInfo, network: PodNetwork, wanted: string): void {
  if (network.containers.some(({ id, name }) => name === wanted || id === wanted)) return;
  const names = network.containers.map(({ name }) => name).join(', ') || 'none';
  throw new TargetError(
    'no-container',
    `${label(pod)} has no running container "${wanted}"; running: ${names}`,
  );
}

function notOpened(pod: PodInfo, problem: 'missing' | 'not-permitted' | 'not-a-namespace'): TargetError {
  switch (problem) {
    case 'missing':
      return new TargetError(
        'no-network',
        `nothing leads to the network of ${label(pod)}: no path and no process`,
      );
    case 'not-permitted':
      return new TargetError(
        'not-permitted',
        `the network of ${label(pod)} may not be opened: it takes root with SYS_ADMIN, and SYS_PTRACE by process id`,
      );
    case 'not-a-namespace':
      return new TargetError(
        'bad-namespace',
        `what the runtime names for ${label(pod)} is not a network namespace`,
      );
  }
}

function label(pod: PodInfo): string {
  return `pod ${pod.namespace}/${pod.name}`;
}
