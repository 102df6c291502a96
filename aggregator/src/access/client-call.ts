import { SnoopyError } from '@snoopy/proto';
import type { Ask, Caller, Grant } from './access.js';
import type { Questions } from './questions.js';
import type { Scope } from './scope.js';

/** A long call is asked about again so often. */
const ASK_AGAIN_MS = 60_000;
/** When nobody can be asked, a call goes on for so long. */
const GRACE_MS = 10 * 60_000;

/** An allowed call of a client, until its end. */
export class ClientCall implements Grant {
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  #askedMs: number;
  readonly #startMs: number;

  constructor(
    readonly control: Questions,
    readonly caller: Caller,
    readonly ask: Ask,
    readonly user: string,
    readonly scope: Scope,
  ) {
    this.#startMs = control.clock.monotonicMs();
    this.#askedMs = this.#startMs;
  }

  keep(lost: (error: SnoopyError) => void): void {
    if (this.#ended) return;
    this.#timer = setInterval(() => void this.#askAgain(lost), ASK_AGAIN_MS).unref();
  }

  end(bytes: number): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#timer);
    const { control, caller, ask, user } = this;
    control.audit.write({
      audit: 'end',
      user,
      peer: caller.peer,
      call: ask.call,
      namespaces: ask.namespaces,
      bytes,
      seconds: Math.round(control.clock.monotonicMs() - this.#startMs) / 1_000,
      ...(ask.details ? { details: ask.details } : {}),
    });
  }

  async #askAgain(lost: (error: SnoopyError) => void): Promise<void> {
    const error = await this.#whyNot();
    if (!error || this.#ended) return;
    clearInterval(this.#timer);
    const { control, caller, ask, user } = this;
    const { namespaces, call } = ask;
    control.audit.write({
      audit: 'decision',
      allowed: false,
      user,
      peer: caller.peer,
      call,
      namespaces,
      reason: error.message,
    });
    lost(error);
  }

  /** Why it is not allowed any more; undefined when it is. What was hidden at first stays hidden. */
  async #whyNot(): Promise<SnoopyError | undefined> {
    const { control, caller, ask, scope } = this;
    try {
      const user = await control.user(caller.token, true);
      const now = await control.scope(user, ask, true);
      this.#askedMs = control.clock.monotonicMs();
      if (now.all || !scope.all) return undefined;
      return new SnoopyError('NOT_ALLOWED', `${user.name} may see less than before: ask again.`);
    } catch (error) {
      const known = error instanceof SnoopyError ? error : new SnoopyError('INTERNAL', String(error));
      const waits = known.retryable && control.clock.monotonicMs() - this.#askedMs < GRACE_MS;
      return waits ? undefined : known;
    }
  }
}
