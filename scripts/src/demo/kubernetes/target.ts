import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Cluster } from '../../cluster/cluster.js';
import { image as busybox } from '../../rig/busybox-image.js';
import type { KubernetesOptions } from './options.js';

const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));

/** Of the shop and of the release. */
const NAMESPACES = ['shop', 'snoopy'];

/** A cluster to show things in. */
export interface Target {
  readonly env: NodeJS.ProcessEnv;
  readonly kubectl: readonly string[];
  readonly helm: readonly string[];
  /** More for `helm install`. */
  readonly values: readonly string[];
  readonly busybox: string;
  /** How people write kubectl for it. */
  readonly typed: string;
  /** Removes what was made. */
  end(): Promise<void>;
}

export interface TargetParts {
  readonly options: KubernetesOptions;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/** The user's cluster, or one made on this machine with the images in it. */
export function openTarget(parts: TargetParts): Promise<Target> {
  return parts.options.context === undefined ? openOwn(parts) : Promise.resolve(openGiven(parts.options));
}

async function openOwn({ signal, say }: TargetParts): Promise<Target> {
  const programs = process.env.SNOOPY_KUBERNETES;
  if (!programs) throw new Error('SNOOPY_KUBERNETES is not set: use npm run demo, not this program');
  const name = 'demo';
  const cluster = await Cluster.up({ name, nodes: 2, programs, attached: true, signal, say });
  const images = mkdtempSync(join(tmpdir(), 'snoopy-demo-images-'));
  try {
    say('building the images');
    execFileSync(join(ROOT, 'scripts/images.sh'), ['--out', images], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    signal.throwIfAborted();
    say('loading the images into both nodes');
    const tars = ['agent', 'aggregator'].map((part) => join(images, `snoopy-${part}.tar`));
    await cluster.load(tars);
  } catch (error) {
    await cluster.down();
    throw error;
  } finally {
    rmSync(images, { recursive: true, force: true });
  }
  return {
    env: cluster.environment,
    kubectl: ['kubectl'],
    helm: ['helm3'],
    values: [],
    busybox,
    typed: 'scripts/cluster --name demo kubectl',
    end: () => cluster.down(),
  };
}

function openGiven({ context, registry, tag }: KubernetesOptions): Target {
  const kubectl = ['kubectl', '--context', context!];
  const helm = ['helm', '--kube-context', context!];
  for (const [program] of [kubectl, helm]) {
    if (spawnSync(program!, ['version', '--client'], { stdio: 'ignore' }).error)
      throw new Error(`${program} is missing; --context needs it`);
  }
  for (const name of NAMESPACES) {
    const { status } = spawnSync('kubectl', [...kubectl.slice(1), 'get', 'namespace', name], {
      stdio: 'ignore',
    });
    if (status === 0)
      throw new Error(
        `the namespace ${name} is there already: the demo makes its own, and removes it at its end`,
      );
  }
  const run = ([program, ...first]: readonly string[], ...args: readonly string[]): void =>
    void spawnSync(program!, [...first, ...args], { stdio: 'ignore' });
  return {
    env: process.env,
    kubectl,
    helm,
    values: ['--set', `image.registry=${registry}`, ...(tag ? ['--set', `image.tag=${tag}`] : [])],
    busybox: `${registry}/busybox:1`,
    typed: `kubectl --context ${context}`,
    end: async () => {
      run(helm, 'uninstall', 'snoopy', '-n', 'snoopy', '--wait');
      run(kubectl, 'delete', 'namespace', ...NAMESPACES, '--ignore-not-found');
    },
  };
}
