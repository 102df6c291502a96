import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface BuildRequest {
  readonly dockerfile: string;
  readonly context: string;
  readonly tag: string;
  readonly args: Readonly<Record<string, string>>;
  /** The docker-archive that is written. */
  readonly tar: string;
}

/** Something that builds Dockerfiles. */
export interface Builder {
  readonly name: string;
  /** Makes the image of an archive known under its own name. */
  load(tar: string): void;
  build(request: BuildRequest): void;
  /** Forgets what only this run needed. */
  close(): void;
}

export const BUILDERS = ['docker', 'podman', 'buildah'] as const;
type BuilderName = (typeof BUILDERS)[number];

/** The wanted one, else the first that is there. `storage` is a folder for buildah's own store. */
export function findBuilder(wanted: string | undefined, storage: string): Builder {
  const names = wanted ? [wanted as BuilderName] : BUILDERS;
  const name = names.find((one) => BUILDERS.includes(one) && works(one));
  if (!name) throw new Error(`no builder is there: ${names.join(', ')} (Debian: apt-get install buildah)`);
  return name === 'buildah' ? buildah(storage) : dockerLike(name);
}

function works(name: BuilderName): boolean {
  return spawnSync(name, name === 'docker' ? ['info'] : ['--version'], { stdio: 'ignore' }).status === 0;
}

function dockerLike(name: 'docker' | 'podman'): Builder {
  return {
    name,
    load: (tar) => run(name, ['load', '-i', tar]),
    build: ({ dockerfile, context, tag, args, tar }) => {
      run(name, ['build', '-f', dockerfile, '-t', tag, ...buildArgs(args), context]);
      rmSync(tar, { force: true });
      run(name, ['save', '-o', tar, tag]);
    },
    close: () => {},
  };
}

/** In a store of its own; chroot needs neither a daemon nor a runtime. */
function buildah(storage: string): Builder {
  mkdirSync(storage, { recursive: true });
  const own = ['--root', join(storage, 'root'), '--runroot', join(storage, 'run')];
  const bases: string[] = [];
  return {
    name: 'buildah',
    load: (tar) => void bases.push(tar),
    build: ({ dockerfile, context, tag, args, tar }) => {
      // A build of several stages forgets what it stood on (buildah 1.28).
      for (const base of bases) run('buildah', [...own, 'pull', '-q', `docker-archive:${base}`]);
      const isolation = ['--isolation', 'chroot', '--layers=false', '--force-rm'];
      run('buildah', [
        ...own,
        'bud',
        '-q',
        ...isolation,
        '-f',
        dockerfile,
        '-t',
        tag,
        ...buildArgs(args),
        context,
      ]);
      rmSync(tar, { force: true });
      run('buildah', [...own, 'push', '-q', tag, `docker-archive:${tar}:${tag}`]);
    },
    close: () => {
      spawnSync('umount', ['-l', join(storage, 'root/overlay')], { stdio: 'ignore' });
      rmSync(storage, { recursive: true, force: true });
    },
  };
}

function buildArgs(args: Readonly<Record<string, string>>): string[] {
  return Object.entries(args).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]);
}

function run(command: string, args: readonly string[]): void {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', maxBuffer: 1 << 26 });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(
      `${command} ${args.join(' ')} failed:\n${stdout ?? ''}${stderr ?? (error as Error).message}`,
    );
  }
}
