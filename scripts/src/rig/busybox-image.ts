import { execFileSync } from 'node:child_process';
import { copyFileSync, linkSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeImageArchive } from './image-archive.js';

/** The one image of the rig: sandboxes and containers are made from it. No registry is asked. */
export const image = 'snoopy.local/busybox:1';

/**
 * Makes an image out of the machine's static busybox, as a docker-archive tar in `dir`.
 * @returns the path of the tar
 */
export function makeBusyboxImage(dir: string): string {
  const work = mkdtempSync(join(dir, 'image-'));
  const root = join(work, 'root');
  makeRoot(root);
  const tar = join(dir, 'busybox.tar');
  const config = { Cmd: ['/bin/sleep', '1000000000'], Env: ['PATH=/bin'] };
  writeImageArchive(tar, work, { name: image, root, config });
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
