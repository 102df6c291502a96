import { SnoopyError } from '@snoopy/proto';
import { type KubeAnswer, type KubeApi, KubeError, type KubeRequest } from './kube-api.js';

/** At a time: a thousand agents come back at once. */
const MOST_AT_ONCE = 24;
const MOST_WAITING = 20_000;

/** Single questions to the API server, a bounded number at a time. What is 4xx is an answer. */
export class KubeQuestions {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(readonly api: KubeApi) {}

  /** @throws SnoopyError UNAVAILABLE when nobody answers in time, or the answer is 429 or 5xx */
  async call(
    method: NonNullable<KubeRequest['method']>,
    path: string,
    body?: unknown,
    accept = 'application/json',
  ): Promise<KubeAnswer> {
    await this.#turn();
    try {
      const answer = await this.api.request({
        method,
        path,
        accept,
        ...(body === undefined ? {} : { body }),
      });
      if (answer.status >= 500 || answer.status === 429) throw unavailable(`it answers ${answer.status}`);
      return answer;
    } catch (error) {
      throw error instanceof KubeError ? unavailable(error.message) : error;
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    if (this.#running >= MOST_AT_ONCE) {
      if (this.#waiting.length >= MOST_WAITING) throw unavailable('too many questions wait for it');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running++;
  }
}

function unavailable(why: string): SnoopyError {
  return new SnoopyError('UNAVAILABLE', `The Kubernetes API server cannot be asked: ${why}.`);
}
