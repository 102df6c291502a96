import type { AddressWords } from './ip-address.js';

const IS_LITTLE = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/**
 * An address as it stands in memory, 16 bytes seen as words in the machine's order, as words with the first byte highest.
 * The other way round it is the same.
 */
export function networkOrder(words: ArrayLike<number>, at = 0): AddressWords {
  return [turn(words[at]!), turn(words[at + 1]!), turn(words[at + 2]!), turn(words[at + 3]!)];
}

/** All machines that Node supports store the lowest byte first, but one. */
function turn(word: number): number {
  if (!IS_LITTLE) return word >>> 0;
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}
