import { type FoldedRecord, HOP } from './folded-records.js';
import type { PendingRing } from './pending-ring.js';
import { ENTRY_WORDS, FOLDED, MOST_VIEWS, Rec, SUM_HIGH, SUM_LOW } from './record-layout.js';
import { RowExtras } from './row-extras.js';
import { joinStates } from './row-state.js';
import type { Told } from './told.js';

/** Several records of one connection's window, summed up for each end. Reused. */
export class RecordSum {
  readonly low: Told = { at: -1, extras: undefined };
  readonly high: Told = { at: -1, extras: undefined };
  /** Where each record is, and of which end (`FoldedRecord.end`); the first `count` are valid. */
  readonly ats = new Int32Array(MOST_VIEWS);
  readonly ends = new Int32Array(MOST_VIEWS);
  count = 0;
  readonly #ring: PendingRing;
  readonly #extras = [new RowExtras(), new RowExtras()] as const;

  constructor(ring: PendingRing) {
    this.#ring = ring;
  }

  /** Both ends told something. */
  get hasBoth(): boolean {
    return this.low.at >= 0 && this.high.at >= 0;
  }

  /** There is more than one record of an end, or of something else. */
  get isFolded(): boolean {
    return this.count > 1 && !(this.count === 2 && this.hasBoth);
  }

  begin(): void {
    this.low.at = -1;
    this.high.at = -1;
    this.count = 0;
  }

  /** Adds a kept record. */
  addFolded({ end, words, extras }: FoldedRecord): void {
    const at = FOLDED + this.count * ENTRY_WORDS;
    this.#ring.words.set(words, at);
    this.add(at, end, extras);
  }

  /** Adds the record at `at`, which stays there. Those of one end come in the order of their numbers. */
  add(at: number, end: number, extras: RowExtras | undefined): void {
    this.ats[this.count] = at;
    this.ends[this.count++] = end;
    if (end === HOP) return;
    const told = end === 0 ? this.low : this.high;
    const sum = end === 0 ? SUM_LOW : SUM_HIGH;
    if (told.at < 0) this.#start(told, end, sum, at);
    else this.#add(sum, at);
    if (extras) told.extras!.add(extras);
  }

  #start(told: Told, end: number, sum: number, at: number): void {
    this.#ring.words.copyWithin(sum, at, at + ENTRY_WORDS);
    told.at = sum;
    told.extras = this.#extras[end as 0 | 1];
    told.extras.clear();
  }

  #add(sum: number, at: number): void {
    const { words, counts, doubles } = this.#ring;
    words[sum + Rec.state] = joinStates(words[sum + Rec.state]!, words[at + Rec.state]!);
    for (let i: number = Rec.sentPackets; i <= Rec.receivedSegments; i++) counts[sum + i]! += counts[at + i]!;
    for (let i: number = Rec.sentBytesDouble; i <= Rec.receivedPayloadDouble; i++)
      doubles[(sum >> 1) + i]! += doubles[(at >> 1) + i]!;
    if (counts[sum + Rec.handshakeUs] === 0) counts[sum + Rec.handshakeUs] = counts[at + Rec.handshakeUs]!;
    if (counts[at + Rec.rttUs] !== 0) counts[sum + Rec.rttUs] = counts[at + Rec.rttUs]!;
    this.#span(sum, at);
  }

  #span(sum: number, at: number): void {
    const { counts, doubles } = this.#ring;
    const one = doubles[(sum >> 1) + Rec.lastUsDouble]!;
    const other = doubles[(at >> 1) + Rec.lastUsDouble]!;
    const first = Math.min(one - counts[sum + Rec.durationUs]!, other - counts[at + Rec.durationUs]!);
    const last = Math.max(one, other);
    doubles[(sum >> 1) + Rec.lastUsDouble] = last;
    counts[sum + Rec.durationUs] = Math.min(last - first, 0xffffffff);
  }
}
