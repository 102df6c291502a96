import { constants, type FileHandle, open, stat, unlink } from 'node:fs/promises';
import { printable, SnoopyError } from '@snoopy/proto';
import type { PacketFile } from './packet-file.js';

/** Opens a file to write; one that is there is kept unless `force`, but pipes and devices are written to. */
export async function openDiskFile(path: string, force: boolean): Promise<PacketFile> {
  const special = await isSpecial(path);
  const { O_WRONLY, O_CREAT, O_EXCL, O_TRUNC } = constants;
  const flags = special ? O_WRONLY : force ? O_WRONLY | O_CREAT | O_TRUNC : O_WRONLY | O_CREAT | O_EXCL;
  try {
    return new DiskFile(path, await open(path, flags, 0o600), special);
  } catch (error) {
    throw fileError(path, error as NodeJS.ErrnoException);
  }
}

class DiskFile implements PacketFile {
  written = 0;

  constructor(
    readonly path: string,
    readonly handle: FileHandle,
    readonly special: boolean,
  ) {}

  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await this.handle.write(bytes, at, bytes.length - at);
        at += bytesWritten;
        this.written += bytesWritten;
      }
    } catch (error) {
      throw fileError(this.path, error as NodeJS.ErrnoException);
    }
  }

  async close(): Promise<void> {
    await this.handle.close();
    if (this.written === 0 && !this.special) await unlink(this.path).catch(() => {});
  }
}

async function isSpecial(path: string): Promise<boolean> {
  try {
    const found = await stat(path);
    return !found.isFile() && !found.isDirectory();
  } catch {
    return false;
  }
}

function fileError(path: string, error: NodeJS.ErrnoException): SnoopyError {
  const name = printable(path, 300);
  if (error.code === 'EEXIST') {
    return new SnoopyError('BAD_INPUT', `${name} is there already: give another name, or --force.`);
  }
  if (error.code === 'ENOSPC') return new SnoopyError('LIMIT', `The disk is full: ${name} ends here.`);
  return new SnoopyError('BAD_INPUT', `${name} cannot be written: ${error.message}.`);
}
