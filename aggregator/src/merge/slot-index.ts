/**
 * Finds slots by hash: open addressing with linear probing over (hash, slot + 1) pairs, at most half full, deletion by
 * moving back what follows (Knuth, The Art of Computer Programming 6.4, algorithm R). Several slots may have one hash:
 * whoever looks compares what the slot holds. An entry that another one of its hash follows is negative, so that who
 * finds a positive one need not walk on; it stays so when the other one goes, which costs a walk and nothing else.
 */
export class SlotIndex {
  pairs: Int32Array;
  mask: number;
  count = 0;

  constructor(places = 1_024) {
    this.pairs = new Int32Array(places * 2);
    this.mask = places - 1;
  }

  /** Where a search for the hash starts. */
  start(hash: number): number {
    return hash & this.mask;
  }

  add(hash: number, slot: number): void {
    if (this.count * 2 > this.mask) this.#grow();
    this.count++;
    this.#put(hash, slot + 1);
  }

  /** Adds the slot unless so many of its hash are there, whose owner has made them equal by intent. */
  addFew(hash: number, slot: number, most: number): void {
    const { pairs, mask } = this;
    let same = 0;
    for (let place = hash & mask; pairs[place * 2 + 1] !== 0; place = (place + 1) & mask)
      if (pairs[place * 2] === hash && ++same >= most) return;
    this.add(hash, slot);
  }

  remove(hash: number, slot: number): void {
    const { pairs, mask } = this;
    let place = hash & mask;
    while (Math.abs(pairs[place * 2 + 1]!) !== slot + 1) {
      if (pairs[place * 2 + 1] === 0) return;
      place = (place + 1) & mask;
    }
    this.count--;
    // Moves back each follower that may stand here: its home lies at or before the hole.
    let hole = place;
    for (let at = (place + 1) & mask; pairs[at * 2 + 1] !== 0; at = (at + 1) & mask) {
      const home = pairs[at * 2]! & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      pairs[hole * 2] = pairs[at * 2]!;
      pairs[hole * 2 + 1] = pairs[at * 2 + 1]!;
      hole = at;
    }
    pairs[hole * 2 + 1] = 0;
  }

  #put(hash: number, entry: number): void {
    const { pairs, mask } = this;
    let place = hash & mask;
    for (; pairs[place * 2 + 1] !== 0; place = (place + 1) & mask)
      if (pairs[place * 2] === hash) pairs[place * 2 + 1] = -Math.abs(pairs[place * 2 + 1]!);
    pairs[place * 2] = hash;
    pairs[place * 2 + 1] = entry;
  }

  #grow(): void {
    const old = this.pairs;
    this.pairs = new Int32Array(old.length * 2);
    this.mask = this.pairs.length / 2 - 1;
    for (let i = 0; i < old.length; i += 2) if (old[i + 1] !== 0) this.#put(old[i]!, Math.abs(old[i + 1]!));
  }
}
