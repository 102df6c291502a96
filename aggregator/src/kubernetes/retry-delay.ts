import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeError } from './kube-api.js';

/** First wait, and the most: where the server answers that it will not, and where it is not there at all. */
const FIRST_MS = 1_000;
const MOST_MS = 30_000;
/** Who finds nobody there costs nobody anything, and is to be back within 5 s of the server. */
const MOST_AWAY_MS = 2_500;

/** How long to wait after failures: longer each time, never the same as others, until something worked. */
export class RetryDelay {
  #failures = 0;

  /** @param random 0 … 1 */
  constructor(readonly random: () => number) {}

  succeeded(): void {
    this.#failures = 0;
  }

  /** Milliseconds to wait after one more failure. A place that the server has forgotten (410) costs no wait at first. */
  next({ status }: KubeError): number {
    const failures = this.#failures++;
    if (status === 410 && failures === 0) return 0;
    const most = status === 0 ? MOST_AWAY_MS : MOST_MS;
    return Math.min(most, FIRST_MS * 2 ** failures) * (0.5 + this.random() / 2);
  }

  async wait(error: KubeError, signal: AbortSignal): Promise<void> {
    await sleep(this.next(error), undefined, { signal }).catch(() => undefined);
  }
}
