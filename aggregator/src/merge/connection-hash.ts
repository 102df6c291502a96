/** The finaliser of MurmurHash3 (Austin Appleby, public domain): every bit of the input changes every bit of the output. */
function mix(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** @param words 4 words of an address at `at`  @param seed makes collisions unpredictable */
export function hashAddress(words: Int32Array, at: number, seed: number): number {
  let hash = seed;
  for (let i = 0; i < 4; i++) hash = mix(Math.imul(hash, 31) ^ words[at + i]!);
  return hash;
}

/** Of an address, by its hash, and a port. */
export function hashEnd(address: number, port: number): number {
  return mix(address ^ Math.imul(port + 1, 0x9e3779b1));
}

/** Of a connection by its two ends, the same whichever is first. */
export function hashEnds(one: number, other: number, protocol: number): number {
  return mix((one + other + Math.imul(protocol, 0x85ebca6b)) | 0);
}

/** Of a TCP connection by its client's initial sequence number. */
export function hashIsn(isn: number, seed: number): number {
  return mix(isn ^ seed);
}
