import { createHash } from 'node:crypto';

const MOST = 10_000;

/** Answers about tokens, for a short while. Tokens themselves are not kept. */
export class TokenMemory<Answer> {
  readonly #answers = new Map<string, { readonly answer: Promise<Answer>; readonly untilMs: number }>();

  constructor(
    readonly keepMs: number,
    readonly nowMs: () => number,
  ) {}

  /** The answer that is known, else what `find` says; an error is not kept. @param afresh ask in any case */
  get(key: string, find: () => Promise<Answer>, afresh = false): Promise<Answer> {
    const hash = createHash('sha256').update(key).digest('base64');
    const known = this.#answers.get(hash);
    if (known && !afresh && known.untilMs > this.nowMs()) return known.answer;
    const answer = find();
    this.#answers.delete(hash);
    this.#answers.set(hash, { answer, untilMs: this.nowMs() + this.keepMs });
    answer.catch(() => this.#answers.delete(hash));
    for (const [oldest] of this.#answers) {
      if (this.#answers.size <= MOST) break;
      this.#answers.delete(oldest);
    }
    return answer;
  }
}
