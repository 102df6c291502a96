import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One packet as tshark reads it. */
export interface ReadPacket {
  readonly interface: string;
  /** Seconds and nine digits. */
  readonly time: string;
  readonly bytes: number;
  readonly comment: string;
  /** First four payload bytes of the UDP datagram, -1: none. */
  readonly mark: number;
}

/** Reads a capture with tshark; throws when it complains. */
export function readCapture(file: Buffer): ReadPacket[] {
  // Not data.data: tshark guesses what a payload is, and some marks look like DNS or STUN.
  const fields = [
    'frame.interface_name',
    'frame.time_epoch',
    'frame.cap_len',
    'frame.comment',
    'udp.payload',
  ];
  const text = withFile(file, (path) =>
    execute('tshark', [
      '-n',
      '-r',
      path,
      '-T',
      'fields',
      '-E',
      'separator=/t',
      ...fields.flatMap((f) => ['-e', f]),
    ]),
  );
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [name, time, bytes, comment, data] = line.split('\t');
      const mark = data ? Number.parseInt(data.slice(0, 8), 16) : -1;
      return { interface: name!, time: time!, bytes: Number(bytes), comment: comment ?? '', mark };
    });
}

/** What capinfos says. */
export function capinfos(file: Buffer): string {
  return withFile(file, (path) => execute('capinfos', [path]));
}

export function withFile<T>(file: Buffer, use: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'snoopy-capture-'));
  try {
    const path = join(folder, 'test.pcapng');
    writeFileSync(path, file);
    return use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function execute(program: string, args: readonly string[]): string {
  return execFileSync(program, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 << 20,
  });
}

/** A block of the file, as the format's own walk finds it. */
export interface Block {
  readonly type: number;
  readonly body: Buffer;
  /** Options by code. */
  readonly options: ReadonlyMap<number, Buffer>;
}

/** Fixed bytes of a block's body before its options, by type. */
const fixedBytes: Record<number, (body: Buffer) => number> = {
  1: () => 8,
  5: () => 12,
  6: (body) => 20 + ((body.readUInt32LE(12) + 3) & ~3),
  168627466: () => 16, // 0x0a0d0d0a
};

/** Walks the blocks; throws where lengths disagree. */
export function readBlocks(file: Buffer): Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < file.length; ) {
    const type = file.readUInt32LE(at);
    const length = file.readUInt32LE(at + 4);
    if (file.readUInt32LE(at + length - 4) !== length) throw new Error(`block at ${at}: lengths disagree`);
    const body = file.subarray(at + 8, at + length - 4);
    blocks.push({ type, body, options: readOptions(body.subarray(fixedBytes[type]!(body))) });
    at += length;
  }
  return blocks;
}

function readOptions(bytes: Buffer): Map<number, Buffer> {
  const options = new Map<number, Buffer>();
  for (let at = 0; at < bytes.length; ) {
    const code = bytes.readUInt16LE(at);
    const length = bytes.readUInt16LE(at + 2);
    if (code === 0) break;
    options.set(code, bytes.subarray(at + 4, at + 4 + length));
    at += 4 + ((length + 3) & ~3);
  }
  return options;
}

/** The interface statistics blocks, by interface number. */
export function readStatistics(
  file: Buffer,
): { received: number; dropped: number; byKernel: number; delivered: number }[] {
  const number = (block: Block, code: number) => Number(block.options.get(code)!.readBigUInt64LE());
  return readBlocks(file)
    .filter(({ type }) => type === 5)
    .map((block) => ({
      received: number(block, 4),
      dropped: number(block, 5),
      byKernel: number(block, 7),
      delivered: number(block, 8),
    }));
}
