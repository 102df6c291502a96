import { StringDecoder } from 'node:string_decoder';
import { type Clock, printable } from '@snoopy/proto';

const mostCharacters = 1_000;
const keptLines = 20;
/** Lines let through at once, and each second after that. */
const burst = 1_000;
const perSecond = 20;

/**
 * Standard error as lines: made printable, bounded in length, in number (a burst, then a rate: counters asked for every
 * second pass for years, a flood does not) and in memory.
 */
export class LineReader {
  readonly #decoder = new StringDecoder('utf8');
  readonly #last: string[] = [];
  #rest = '';
  #tokens = burst;
  #filledMs: number;
  lines = 0;
  dropped = 0;

  constructor(
    readonly clock: Clock,
    readonly onLine: (line: string) => void,
  ) {
    this.#filledMs = clock.monotonicMs();
  }

  /** The last lines, for a report. */
  get last(): readonly string[] {
    return this.#last;
  }

  push(chunk: Uint8Array): void {
    const parts = (this.#rest + this.#decoder.write(chunk as Buffer)).split('\n');
    // Of a line that does not end only the beginning is kept.
    this.#rest = parts.pop()!.slice(0, mostCharacters + 1);
    for (const line of parts) this.#take(line);
  }

  /** To be called at the end: what came without a line feed is a line too. */
  end(): void {
    if (this.#rest !== '') this.#take(this.#rest);
    this.#rest = '';
  }

  #take(text: string): void {
    this.lines++;
    const line = printable(text.replace(/\r$/, '').replaceAll('\t', ' '), mostCharacters);
    this.#last.push(line);
    if (this.#last.length > keptLines) this.#last.shift();
    if (this.#spend()) this.onLine(line);
    else this.dropped++;
  }

  #spend(): boolean {
    const now = this.clock.monotonicMs();
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filledMs) / 1_000) * perSecond);
    this.#filledMs = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
