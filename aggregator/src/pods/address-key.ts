import { parseAddress } from '../observe/ip-address.js';

/** An address of a network as a key: the number for IPv4 of the cluster's own network, else text. */
export type AddressKey = number | string;

const scratch = new DataView(new ArrayBuffer(16));
const scratchWords = new Int32Array(scratch.buffer);
/** ::ffff:0:0/96, the third word. */
const mapped = new Int32Array(Uint8Array.of(0, 0, 255, 255).buffer)[0]!;

/**
 * @param words 4 words in the machine's byte order, at `at`
 * @param network a secondary network's name (Multus); the same address may be another pod's there
 */
export function wordsKey(words: Int32Array, at: number, network = ''): AddressKey {
  const last = words[at + 3]!;
  const isV4 = words[at] === 0 && words[at + 1] === 0 && words[at + 2] === mapped;
  if (network !== '') return `${network} ${words[at]},${words[at + 1]},${words[at + 2]},${last}`;
  return isV4 ? last : `${words[at]},${words[at + 1]},${words[at + 2]},${last}`;
}

/** @returns undefined when the text is no address */
export function textKey(text: string, network = ''): AddressKey | undefined {
  const words = parseAddress(text);
  if (!words) return undefined;
  for (let i = 0; i < 4; i++) scratch.setUint32(i * 4, words[i]!);
  return wordsKey(scratchWords, 0, network);
}
