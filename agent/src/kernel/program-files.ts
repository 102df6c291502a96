import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { SnoopyError } from '@snoopy/proto';
import type { ProgramFiles } from './programs.js';

/** Where scripts/build-bpf.sh puts them, as seen from the compiled file. */
const folder = new URL('../../bpf/', import.meta.url);

/** The programs' files, checked against the hashes that the build wrote. Throws SnoopyError(UNSUPPORTED). */
export function programFiles(): ProgramFiles {
  return { sockets: checked('sockets'), packets: checked('packets') };
}

/** For sentences: which kernel this is. */
export function kernelRelease(): string {
  return release();
}

function checked(name: string): string {
  const path = fileURLToPath(new URL(`${name}.o`, folder));
  const expected = read(`${path}.sha256`).toString().trim();
  const found = createHash('sha256').update(read(path)).digest('hex');
  if (found === expected) return path;
  throw new SnoopyError(
    'UNSUPPORTED',
    `${path} is not what the build made: its SHA-256 differs; build again`,
  );
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const say = `the eBPF programs were not built (${path} is missing): install clang and libbpf-dev and build again`;
    throw new SnoopyError('UNSUPPORTED', say, { cause });
  }
}
