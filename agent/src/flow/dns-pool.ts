import { ANSWERED } from '../decode/dns-message.js';

/** Longest name that is kept (`FlowLimits.nameBytes`), rounded up. */
const NAME_SLOT = 256;
/** Entries of one chain that are looked at; a flow that asks more with one identifier is not served. */
const MAX_CHAIN = 16;

/** Words of the addresses that an entry was answered with. */
export const ANSWER_WORDS = ANSWERED * 4;

/** `rcode` of an entry that waits for its answer. */
export const DNS_PENDING = 65_534;

/**
 * DNS transactions between question and row, in fixed arrays. An entry is at the same time
 *   - in a hash chain, while it waits: to find it by flow, direction and identifier;
 *   - in the list of waiting entries, oldest first: to give up those without answer;
 *   - in its flow's list, until its row leaves.
 * Lists hold entry + 1, 0 ends them.
 */
export class DnsPool {
  readonly flow: Int32Array;
  readonly type: Uint16Array;
  readonly rcode: Uint16Array;
  readonly askedUs: Float64Array;
  readonly latencyUs: Uint32Array;
  readonly nameLength: Uint8Array;
  readonly nameHash: Int32Array;
  readonly names: Uint8Array;
  /** Addresses answered, `ANSWER_WORDS` an entry, and how many. */
  readonly addresses: Int32Array;
  readonly addressCount: Uint8Array;
  /** Next entry of the same flow. */
  readonly nextOfFlow: Int32Array;
  /** The oldest waiting entry. */
  oldest = 0;

  readonly #key: Int32Array;
  readonly #buckets: Int32Array;
  readonly #nextInBucket: Int32Array;
  readonly #younger: Int32Array;
  readonly #older: Int32Array;
  #youngest = 0;
  #free = 0;

  /** Bytes that a pool of so many entries takes. */
  static bytes(capacity: number): number {
    return capacity * (NAME_SLOT + 54 + ANSWER_WORDS * 4);
  }

  constructor(
    readonly capacity: number,
    private readonly seed: number,
  ) {
    this.flow = new Int32Array(capacity);
    this.type = new Uint16Array(capacity);
    this.rcode = new Uint16Array(capacity);
    this.askedUs = new Float64Array(capacity);
    this.latencyUs = new Uint32Array(capacity);
    this.nameLength = new Uint8Array(capacity);
    this.nameHash = new Int32Array(capacity);
    this.names = new Uint8Array(capacity * NAME_SLOT);
    this.addresses = new Int32Array(capacity * ANSWER_WORDS);
    this.addressCount = new Uint8Array(capacity);
    this.nextOfFlow = new Int32Array(capacity);
    this.#key = new Int32Array(capacity);
    this.#buckets = new Int32Array(2 ** Math.ceil(Math.log2(capacity)));
    this.#nextInBucket = new Int32Array(capacity);
    this.#younger = new Int32Array(capacity);
    this.#older = new Int32Array(capacity);
    for (let entry = capacity - 1; entry >= 0; entry--) this.#freeEntry(entry);
  }

  /** Where an entry's name begins in `names`. */
  nameAt(entry: number): number {
    return entry * NAME_SLOT;
  }

  /**
   * A waiting entry of that flow and key, or -1.
   *
   * @param key direction << 16 | identifier
   * @param type question type, -1: any; with it the name must match too
   */
  find(flow: number, key: number, type: number, nameHash: number): number {
    let entry = this.#buckets[this.#bucket(flow, key)]! - 1;
    while (entry >= 0) {
      if (this.flow[entry] === flow && this.#key[entry] === key)
        if (type < 0 || (this.type[entry] === type && this.nameHash[entry] === nameHash)) return entry;
      entry = this.#nextInBucket[entry]! - 1;
    }
    return -1;
  }

  /** A new waiting entry, or -1 if there is no room. The caller links it into its flow and fills the rest in. */
  add(flow: number, key: number, name: Uint8Array, nameLength: number): number {
    const bucket = this.#bucket(flow, key);
    const entry = this.#free - 1;
    if (entry < 0 || this.#chainIsLong(bucket)) return -1;
    this.#free = this.nextOfFlow[entry]!;
    this.flow[entry] = flow;
    this.#key[entry] = key;
    this.rcode[entry] = DNS_PENDING;
    this.addressCount[entry] = 0;
    this.nameLength[entry] = nameLength;
    const at = this.nameAt(entry);
    for (let i = 0; i < nameLength; i++) this.names[at + i] = name[i]!;
    this.#nextInBucket[entry] = this.#buckets[bucket]!;
    this.#buckets[bucket] = entry + 1;
    this.#append(entry);
    return entry;
  }

  /** What an entry was answered with. @param count addresses in `words`, 4 words each */
  answer(entry: number, words: Int32Array, count: number): void {
    const at = entry * ANSWER_WORDS;
    this.addressCount[entry] = count;
    for (let i = 0; i < count * 4; i++) this.addresses[at + i] = words[i]!;
  }

  /** The transaction is over: the entry waits no more, only for its row. */
  settle(entry: number, rcode: number, latencyUs: number): void {
    if (this.rcode[entry] !== DNS_PENDING) return;
    this.rcode[entry] = rcode;
    this.latencyUs[entry] = latencyUs;
    this.#unchain(entry);
    this.#remove(entry);
  }

  /** Frees a settled entry. */
  release(entry: number): void {
    this.#freeEntry(entry);
  }

  #freeEntry(entry: number): void {
    this.nextOfFlow[entry] = this.#free;
    this.#free = entry + 1;
  }

  #bucket(flow: number, key: number): number {
    const h = Math.imul(Math.imul(flow ^ this.seed, 0x9e3779b1) ^ key, 0x85ebca6b);
    return (h ^ (h >>> 15)) & (this.#buckets.length - 1);
  }

  #chainIsLong(bucket: number): boolean {
    let length = 0;
    for (let entry = this.#buckets[bucket]!; entry > 0; entry = this.#nextInBucket[entry - 1]!)
      if (++length >= MAX_CHAIN) return true;
    return false;
  }

  #unchain(entry: number): void {
    const bucket = this.#bucket(this.flow[entry]!, this.#key[entry]!);
    const next = this.#nextInBucket[entry]!;
    let at = this.#buckets[bucket]! - 1;
    if (at === entry) {
      this.#buckets[bucket] = next;
      return;
    }
    while (this.#nextInBucket[at] !== entry + 1) at = this.#nextInBucket[at]! - 1;
    this.#nextInBucket[at] = next;
  }

  #append(entry: number): void {
    this.#older[entry] = this.#youngest;
    this.#younger[entry] = 0;
    if (this.#youngest === 0) this.oldest = entry + 1;
    else this.#younger[this.#youngest - 1] = entry + 1;
    this.#youngest = entry + 1;
  }

  #remove(entry: number): void {
    const older = this.#older[entry]!;
    const younger = this.#younger[entry]!;
    if (older === 0) this.oldest = younger;
    else this.#younger[older - 1] = younger;
    if (younger === 0) this.#youngest = older;
    else this.#older[younger - 1] = older;
  }
}
