import type { Clock } from '@snoopy/proto';
import type { Ask } from './access.js';
import type { Audit } from './audit.js';
import type { AgentAuthority, User } from './authority.js';
import type { Scope } from './scope.js';

/** What calls ask again while they last. */
export interface Questions {
  readonly audit: Audit;
  readonly clock: Clock;
  readonly agents: AgentAuthority;
  /** Throws SnoopyError UNAUTHENTICATED when the token is not good. */
  user(token: string, afresh: boolean): Promise<User>;
  /** What the user may see of what is asked for. Throws SnoopyError NOT_ALLOWED when that is not all of it. */
  scope(user: User, ask: Ask, afresh: boolean): Promise<Scope>;
}
