import type { SnoopyError } from '@snoopy/proto';
import type { Scope } from './scope.js';

/** Who calls, as far as the call says so. */
export interface Caller {
  /** Bearer token; empty: none. */
  readonly token: string;
  /** Address and port of the other end. */
  readonly peer: string;
}

/** A right in group snoopy.dev: `flows` list, `packetcaptures/packets` get, `tools/tcpdump` create … */
export interface Permission {
  readonly verb: 'list' | 'watch' | 'get' | 'create';
  readonly resource: string;
}

/** What a client wants to do. */
export interface Ask {
  /** Name of the call. */
  readonly call: string;
  /** All of them are needed, in every namespace asked for. */
  readonly permissions: readonly Permission[];
  /** Namespaces asked for; none: all of them, and what has no namespace. */
  readonly namespaces: readonly string[];
  /** More for the audit: nothing secret, no payload. */
  readonly details?: Readonly<Record<string, string | number>>;
}

/** A client's call that was allowed. `end` must be called once. */
export interface Grant {
  readonly user: string;
  /** What may be shown. */
  readonly scope: Scope;
  /** Asks again every minute. @param lost called once, when it is not allowed any more */
  keep(lost: (error: SnoopyError) => void): void;
  /** The call is over: its last line in the audit. @param bytes that left */
  end(bytes: number): void;
}

/** An agent's call that was allowed. */
export interface AgentGrant {
  /** The node that the agent is on, if its token says so; undefined: it may call itself anything. */
  readonly node: string | undefined;
  /** A later token of the same agent. Throws SnoopyError when it will not do. */
  renew(token: string): Promise<void>;
  /** @param lost called once, when the token has ended and no later one came */
  keep(lost: (error: SnoopyError) => void): void;
  end(bytes: number): void;
}

/**
 * Port: who may do what. Every decision is in the audit before the promise resolves. Both throw SnoopyError
 * UNAUTHENTICATED, NOT_ALLOWED, or UNAVAILABLE when nobody can be asked.
 */
export interface Access {
  client(caller: Caller, ask: Ask): Promise<Grant>;
  /** @param claimed the node's name as the agent says it */
  agent(caller: Caller, claimed: string, call: string): Promise<AgentGrant>;
}
