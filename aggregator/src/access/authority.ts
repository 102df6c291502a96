import type { Permission } from './access.js';

/** Somebody whose token is good. */
export interface User {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** Port: knows clients by their tokens and what they may. Throws SnoopyError UNAVAILABLE when it cannot say. */
export interface ClientAuthority {
  /** @param afresh not out of memory  @returns undefined when the token is not good */
  who(token: string, afresh: boolean): Promise<User | undefined>;
  /** @param namespace empty: all */
  may(user: User, permission: Permission, namespace: string, afresh: boolean): Promise<boolean>;
}

/** An agent whose token is good. */
export interface AgentIdentity {
  readonly user: string;
  /** Undefined: its token does not bind it to a node. */
  readonly node: string | undefined;
  /** Milliseconds since 1970; undefined: never. */
  readonly endsMs: number | undefined;
  /** How it was verified, when that was not by asking. */
  readonly by?: string;
}

/** Port: knows agents by their tokens. */
export interface AgentAuthority {
  /** Throws SnoopyError UNAUTHENTICATED with the reason, UNAVAILABLE when it cannot say. */
  identify(token: string): Promise<AgentIdentity>;
}
