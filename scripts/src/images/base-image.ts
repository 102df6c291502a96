import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { writeImageArchive } from '../rig/image-archive.js';

const RELEASE = 'bookworm';
const NODE_MAJOR = 24;

export interface BaseImage {
  readonly tag: string;
  readonly tar: string;
}

export interface BaseImages {
  readonly plain: BaseImage;
  readonly withNode: BaseImage;
}

/**
 * Debian made by debootstrap with the packages of the agent's Dockerfile, and the same with Node from npm: for where no
 * registry is reached. Made once (a minute), kept in `cache`.
 * @param dockerfile its `ARG PACKAGES` says what goes in
 */
export function makeBaseImages(cache: string, dockerfile: string, say: (text: string) => void): BaseImages {
  const packages = /^ARG PACKAGES="(.*)"$/m.exec(readFileSync(dockerfile, 'utf8'))?.[1]?.split(' ') ?? [];
  const key = createHash('sha256')
    .update([RELEASE, NODE_MAJOR, ...packages].join())
    .digest('hex')
    .slice(0, 12);
  const image = (name: string): BaseImage => ({
    tag: `localhost/snoopy-${name}:${key}`,
    tar: join(cache, `${name}-${key}.tar`),
  });
  const images = { plain: image('base'), withNode: image('node') };
  if (existsSync(images.plain.tar) && existsSync(images.withNode.tar)) return images;
  say('making base images with debootstrap and Node from npm; a minute, once');
  const work = mkdtempSync(join(cache, 'base-'));
  try {
    const root = join(work, 'root');
    quietly('debootstrap', ['--variant=minbase', `--include=${packages.join()}`, RELEASE, root]);
    for (const folder of UNREAD) empty(join(root, folder));
    write(images.plain, root, work);
    copyFileSync(fetchNode(work), join(root, 'usr/local/bin/node'));
    write(images.withNode, root, work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return images;
}

const UNREAD = [
  'root',
  'var/cache',
  'var/log',
  'var/lib/apt/lists',
  'usr/share/doc',
  'usr/share/man',
  'usr/share/locale',
];

function write({ tag, tar }: BaseImage, root: string, work: string): void {
  const config = { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] };
  writeImageArchive(join(work, 'base.tar'), work, { name: tag, root, config });
  renameSync(join(work, 'base.tar'), tar);
}

/** The program inside npm's package of it. */
function fetchNode(work: string): string {
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x64';
  quietly('npm', [
    'pack',
    '--silent',
    '--pack-destination',
    work,
    `node-linux-${architecture}@${NODE_MAJOR}`,
  ]);
  const archive = readdirSync(work).find((name) => name.endsWith('.tgz'))!;
  mkdirSync(join(work, 'node'));
  quietly('tar', ['-C', join(work, 'node'), '-xzf', join(work, archive)]);
  return join(work, 'node/package/bin/node');
}

function empty(folder: string): void {
  if (existsSync(folder))
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
}

function quietly(command: string, args: readonly string[]): void {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', maxBuffer: 1 << 26 });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(
      `${command} ${args.join(' ')} failed:\n${(stdout ?? '').slice(-2_000)}${stderr ?? error}`,
    );
  }
}
