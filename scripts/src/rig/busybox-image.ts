import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The one image of the rig: sandboxes and containers are made from it. No registry is asked. */
export const image = 'snoopy.local/busybox:1';

/**
 * Makes an image out of the machine's static busybox, as a docker-archive tar in `dir`.
 * @returns the path of the tar
 */
export function makeBusyboxImage(dir: string): string {
  const work = mkdtempSync(join(dir, 'image-'));
  makeRoot(join(work, 'root'));
  execFileSync('tar', [
    '-C',
    join(work, 'root'),
    '--owner=0',
    '--group=0',
    '-cf',
    join(work, 'layer.tar'),
    '.',
  ]);
  const diffId = createHash('sha256')
    .update(readFileSync(join(work, 'layer.tar')))
    .digest('hex');
  const config = {
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: { Cmd: ['/bin/sleep', '1000000000'], Env: ['PATH=/bin'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${diffId}`] },
    history: [{ created_by: 'snoopy rig' }],
  };
  writeFileSync(join(work, 'config.json'), JSON.stringify(config));
  const manifest = [{ Config: 'config.json', RepoTags: [image], Layers: ['layer.tar'] }];
  writeFileSync(join(work, 'manifest.json'), JSON.stringify(manifest));
  const tar = join(dir, 'busybox.tar');
  execFileSync('tar', ['-C', work, '-cf', tar, 'manifest.json', 'config.json', 'layer.tar']);
  rmSync(work, { recursive: true });
  return tar;
}

/** busybox under every name it answers to, as hard links. */
function makeRoot(root: string): void {
  for (const folder of ['bin', 'proc', 'sys', 'dev', 'etc', 'tmp']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  const busybox = join(root, 'bin/busybox');
  copyFileSync('/bin/busybox', busybox);
  for (const name of execFileSync(busybox, ['--list'], { encoding: 'utf8' }).split('\n')) {
    if (name !== '' && name !== 'busybox') linkSync(busybox, join(root, 'bin', name));
  }
}
