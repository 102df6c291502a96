import { closeSync, openSync, readSync } from 'node:fs';

/*
 * ELF, 64 bits, little endian (elf(5)):
 *   header   e_ident[16] … e_phoff at 32 (8 bytes) … e_phentsize at 54, e_phnum at 56 (2 bytes each)
 *   program header   p_type at 0 (4), p_offset at 8 (8), p_filesz at 32 (8)
 */
const magic = 0x464c457f;
const class64 = 2;
const headerBytes = 64;
const typeInterpreter = 3;

/** The program loader that a program names (PT_INTERP), such as /lib64/ld-linux-x86-64.so.2; undefined: none. */
export function elfInterpreter(path: string): string | undefined {
  const fd = openSync(path, 'r');
  try {
    return readInterpreter(fd);
  } finally {
    closeSync(fd);
  }
}

function readInterpreter(fd: number): string | undefined {
  const header = readAt(fd, 0, headerBytes);
  if (header.length < headerBytes || header.readUInt32LE(0) !== magic || header[4] !== class64)
    return undefined;
  const size = header.readUInt16LE(54);
  const table = readAt(fd, Number(header.readBigUInt64LE(32)), size * header.readUInt16LE(56));
  for (let at = 0; at + size <= table.length; at += size) {
    if (table.readUInt32LE(at) !== typeInterpreter) continue;
    const length = Math.min(Number(table.readBigUInt64LE(at + 32)), 4_096);
    return readAt(fd, Number(table.readBigUInt64LE(at + 8)), length)
      .toString()
      .replace(/\0.*$/s, '');
  }
  return undefined;
}

function readAt(fd: number, offset: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  return buffer.subarray(0, readSync(fd, buffer, 0, length, offset));
}
