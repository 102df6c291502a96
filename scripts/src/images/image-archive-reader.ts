import { execFileSync } from 'node:child_process';

/** What a docker-archive holds, of its first image. */
export interface ImageFacts {
  readonly user: string;
  /** Bytes of all layers, unpacked. */
  readonly size: number;
  /** Paths in all layers, without the first slash. */
  readonly paths: readonly string[];
  /** A file's content, from the last layer that has it; undefined if none has. */
  read(path: string): string | undefined;
}

interface Manifest {
  readonly Config: string;
  readonly Layers: readonly string[];
}

/** Reads `tar` without unpacking it to the disk. */
export function readImageArchive(tar: string): ImageFacts {
  const [manifest] = JSON.parse(member(tar, 'manifest.json').toString()) as [Manifest];
  const { config } = JSON.parse(member(tar, manifest.Config).toString()) as { config: { User?: string } };
  const layers = manifest.Layers.map((name) => ({ name, entries: entries(tar, name) }));
  const all = layers.flatMap((layer) => layer.entries);
  return {
    user: config.User ?? '',
    size: all.reduce((sum, entry) => sum + entry.size, 0),
    paths: all.map((entry) => entry.path),
    read: (path) => {
      const layer = layers.findLast(({ entries }) => entries.some((entry) => entry.path === path));
      return layer && pipe(tar, layer.name, `tar -xOf - --wildcards --no-anchored '${path}'`).toString();
    },
  };
}

function member(tar: string, name: string): Buffer {
  return execFileSync('tar', ['-xOf', tar, name], { maxBuffer: 1 << 26 });
}

/** `tar -tv`: mode, owner, size, date, time, path; hard links take no room. */
function entries(tar: string, layer: string): { path: string; size: number }[] {
  const text = pipe(tar, layer, 'tar -tvf - --numeric-owner').toString();
  return text.split('\n').flatMap((line) => {
    const match = /^(\S)\S+ +\S+ +(\d+) +\S+ +\S+ (.*)$/.exec(line);
    if (!match) return [];
    const path = match[3]!
      .replace(/ (->|link to) .*$/, '')
      .replace(/^\.?\//, '')
      .replace(/\/$/, '');
    return [{ path, size: match[1] === '-' ? Number(match[2]) : 0 }];
  });
}

function pipe(tar: string, layer: string, command: string): Buffer {
  // Layers may be compressed or not: both are read.
  const script = `tar -xOf "$1" "$2" | { if [ "$3" = gz ]; then gzip -dc; else cat; fi; } | ${command}`;
  const magic = execFileSync('sh', [
    '-c',
    'tar -xOf "$1" "$2" | head -c 2 | od -An -tx1',
    'sh',
    tar,
    layer,
  ]).toString();
  const form = magic.trim() === '1f 8b' ? 'gz' : 'plain';
  return execFileSync('sh', ['-c', script, 'sh', tar, layer, form], {
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
