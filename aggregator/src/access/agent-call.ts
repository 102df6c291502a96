import { SnoopyError } from '@snoopy/proto';
import type { AgentGrant } from './access.js';
import type { AuditLine } from './audit.js';
import type { AgentIdentity } from './authority.js';
import type { Questions } from './questions.js';

const LOOK_MS = 10_000;
/** Clocks, and an agent that is just about to send its next token. */
const GRACE_MS = 120_000;

/** An allowed call of an agent: as long as its tokens are good. */
export class AgentCall implements AgentGrant {
  #endsMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  readonly #startMs: number;

  constructor(
    readonly control: Questions,
    readonly line: Omit<AuditLine, 'allowed'>,
    readonly identity: AgentIdentity,
  ) {
    this.#endsMs = identity.endsMs;
    this.#startMs = control.clock.monotonicMs();
  }

  get node(): string | undefined {
    return this.identity.node;
  }

  async renew(token: string): Promise<void> {
    const { control, identity, line } = this;
    const next = await control.agents.identify(token);
    if (next.node !== identity.node || next.user !== identity.user) {
      const reason = 'The agent sent a token of somebody else.';
      control.audit.write({ ...line, allowed: false, reason });
      throw new SnoopyError('NOT_ALLOWED', reason);
    }
    control.audit.write({ ...line, allowed: true, reason: 'a later token' });
    this.#endsMs = next.endsMs;
  }

  keep(lost: (error: SnoopyError) => void): void {
    if (this.#ended || this.#endsMs === undefined) return;
    this.#timer = setInterval(() => {
      if (this.control.clock.nowUs() / 1_000 < this.#endsMs! + GRACE_MS) return;
      clearInterval(this.#timer);
      const error = new SnoopyError('UNAUTHENTICATED', 'The token ended, and the agent sent no later one.');
      this.control.audit.write({ ...this.line, allowed: false, reason: error.message });
      lost(error);
    }, LOOK_MS).unref();
  }

  end(bytes: number): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#timer);
    const seconds = Math.round(this.control.clock.monotonicMs() - this.#startMs) / 1_000;
    this.control.audit.write({ ...this.line, audit: 'end', bytes, seconds });
  }
}
