import { createHash, timingSafeEqual } from 'node:crypto';
import { SnoopyError } from '@snoopy/proto';
import type { AgentAuthority, AgentIdentity, ClientAuthority, User } from './authority.js';

const user: User = { name: 'local', uid: '', groups: [], extra: {} };

/** Whoever has the token of a file may everything: for one machine, or a few, without Kubernetes. */
export class LocalTokens implements ClientAuthority, AgentAuthority {
  readonly #client: Buffer;
  readonly #agent: Buffer;

  constructor(tokens: { readonly client: string; readonly agent: string }) {
    this.#client = digest(tokens.client);
    this.#agent = digest(tokens.agent);
  }

  async who(token: string): Promise<User | undefined> {
    return timingSafeEqual(digest(token), this.#client) ? user : undefined;
  }

  async may(): Promise<boolean> {
    return true;
  }

  async identify(token: string): Promise<AgentIdentity> {
    if (timingSafeEqual(digest(token), this.#agent)) {
      return { user: 'local agent', node: undefined, endsMs: undefined };
    }
    throw new SnoopyError('UNAUTHENTICATED', "The agent's token is not the one of --tls-dir.");
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
