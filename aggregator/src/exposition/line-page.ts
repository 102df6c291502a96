import { FIELD_WIDTH, putInteger, putSeconds } from './number-field.js';

/**
 * The text of one family, kept between scrapes: HELP and TYPE, then lines whose numbers have fixed places and are
 * rewritten only when they change.
 */
export class LinePage {
  #buffer = Buffer.allocUnsafe(4_096);
  #length = 0;
  /** By line: offset behind its number. */
  #ends = new Uint32Array(64);
  /** By line: the number that stands there, -1 when none. */
  #shown = new Float64Array(64);
  #lines = 0;

  constructor(name: string, type: 'counter' | 'histogram', help: string) {
    this.#append(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`);
  }

  get lines(): number {
    return this.#lines;
  }

  /** The page; valid, and not to be changed while it is being sent, until the next change of a line. */
  get text(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Adds a line without a number. @returns its index  @param series name and labels */
  add(series: string): number {
    this.#append(`${series} ${' '.repeat(FIELD_WIDTH)}\n`);
    const line = this.#lines++;
    if (line >= this.#ends.length) this.#grow();
    this.#ends[line] = this.#length - 1;
    this.#shown[line] = -1;
    return line;
  }

  /** Sets a line's number; it never gets smaller. */
  set(line: number, value: number): void {
    const shown = this.#shown[line]!;
    if (value === shown) return;
    putInteger(this.#buffer, this.#ends[line]!, value, shown);
    this.#shown[line] = value;
  }

  setSeconds(line: number, us: number): void {
    if (us === this.#shown[line]!) return;
    putSeconds(this.#buffer, this.#ends[line]!, us);
    this.#shown[line] = us;
  }

  #append(text: string): void {
    const bytes = Buffer.byteLength(text);
    if (this.#length + bytes > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.ceil(1.5 * (this.#length + bytes)));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    this.#length += this.#buffer.write(text, this.#length);
  }

  #grow(): void {
    const ends = new Uint32Array(2 * this.#ends.length);
    ends.set(this.#ends);
    const shown = new Float64Array(2 * this.#shown.length);
    shown.set(this.#shown);
    this.#ends = ends;
    this.#shown = shown;
  }
}
