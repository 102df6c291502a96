import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A google.protobuf.FileDescriptorSet of every file of the contract, what they import, and health; see scripts/generate.sh. */
const file = fileURLToPath(new URL('../../src/gen/contract.binpb', import.meta.url));

/** Field 1, length-delimited: the only one of a FileDescriptorSet. */
const FILE_TAG = 0x0a;

/** The contract as server reflection gives it away: one serialized google.protobuf.FileDescriptorProto for each file. */
export function contractDescriptors(): Buffer[] {
  const set = readFileSync(file);
  const files: Buffer[] = [];
  for (let at = 0; at < set.length; ) {
    if (set[at] !== FILE_TAG)
      throw new Error(`${file} is no FileDescriptorSet: make it again with npm run gen`);
    const { value, end } = varint(set, at + 1);
    files.push(set.subarray(end, end + value));
    at = end + value;
  }
  return files;
}

function varint(bytes: Buffer, start: number): { value: number; end: number } {
  let value = 0;
  let at = start;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = bytes[at++]!;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  return { value, end: at };
}
