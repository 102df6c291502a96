import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ImageContent {
  /** Its full name: `snoopy.local/busybox:1`. */
  readonly name: string;
  /** The folder that becomes `/`. */
  readonly root: string;
  /** As in an image's configuration: Cmd, Entrypoint, Env, User … */
  readonly config: object;
}

/** Writes an image of one layer as a docker-archive, which `ctr image import` takes. `work` is a folder for the parts. */
export function writeImageArchive(tar: string, work: string, { name, root, config }: ImageContent): void {
  const layer = join(work, 'layer.tar');
  execFileSync('tar', ['-C', root, '--owner=0', '--group=0', '-cf', layer, '.']);
  const diffId = createHash('sha256').update(readFileSync(layer)).digest('hex');
  const image = {
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: [`sha256:${diffId}`] },
    history: [{ created_by: 'snoopy rig' }],
  };
  writeFileSync(join(work, 'config.json'), JSON.stringify(image));
  const manifest = [{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }];
  writeFileSync(join(work, 'manifest.json'), JSON.stringify(manifest));
  execFileSync('tar', ['-C', work, '-cf', tar, 'manifest.json', 'config.json', 'layer.tar']);
  rmSync(layer);
}
