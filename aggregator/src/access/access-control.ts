import { type Clock, SnoopyError } from '@snoopy/proto';
import type { Access, AgentGrant, Ask, Caller, Grant } from './access.js';
import { AgentCall } from './agent-call.js';
import type { Audit } from './audit.js';
import type { AgentAuthority, ClientAuthority, User } from './authority.js';
import { ClientCall } from './client-call.js';
import type { Questions } from './questions.js';
import { everything, onlyNamespaces, type Scope } from './scope.js';

/** A longer one is no token. */
const LONGEST_TOKEN = 16 << 10;
/** One request may not make the API server answer more questions than this. */
const MOST_NAMESPACES = 50;

/** Asks the authorities and writes every decision down. */
export class AccessControl implements Access, Questions {
  constructor(
    readonly clients: ClientAuthority,
    readonly agents: AgentAuthority,
    readonly audit: Audit,
    readonly clock: Clock,
  ) {}

  async client(caller: Caller, ask: Ask): Promise<Grant> {
    const line = {
      audit: 'decision' as const,
      peer: caller.peer,
      call: ask.call,
      rights: ask.permissions.map(({ verb, resource }) => `${verb} ${resource}`).join(','),
      namespaces: ask.namespaces,
      ...(ask.details ? { details: ask.details } : {}),
    };
    let user: User | undefined;
    try {
      user = await this.user(caller.token, false);
      const scope = await this.scope(user, ask, false);
      this.audit.write({ ...line, user: user.name, allowed: true });
      return new ClientCall(this, caller, ask, user.name, scope);
    } catch (error) {
      this.audit.write({ ...line, user: user?.name ?? '', allowed: false, reason: (error as Error).message });
      throw error;
    }
  }

  async agent(caller: Caller, claimed: string, call: string): Promise<AgentGrant> {
    const line = { audit: 'decision' as const, peer: caller.peer, call, node: claimed };
    let user = '';
    try {
      checkToken(caller.token);
      const identity = await this.agents.identify(caller.token);
      user = identity.user;
      checkNode(identity.node, claimed);
      const reason = identity.by === undefined ? {} : { reason: identity.by };
      this.audit.write({ ...line, user, allowed: true, ...reason });
      return new AgentCall(this, { ...line, user }, identity);
    } catch (error) {
      this.audit.write({ ...line, user, allowed: false, reason: (error as Error).message });
      throw error;
    }
  }

  async user(token: string, afresh: boolean): Promise<User> {
    checkToken(token);
    const user = await this.clients.who(token, afresh);
    if (user) return user;
    throw new SnoopyError('UNAUTHENTICATED', 'The token is not valid here (any more): get a new one.');
  }

  async scope(user: User, { permissions, namespaces }: Ask, afresh: boolean): Promise<Scope> {
    if (namespaces.length > MOST_NAMESPACES) {
      throw new SnoopyError('BAD_INPUT', `Name at most ${MOST_NAMESPACES} namespaces, or none for all.`);
    }
    const missing = async (namespace: string) => {
      const answers = permissions.map((one) => this.clients.may(user, one, namespace, afresh));
      return permissions[(await Promise.all(answers)).indexOf(false)];
    };
    const everywhere = await missing('');
    if (!everywhere) return everything;
    if (namespaces.length === 0) throw refused(user, everywhere, 'all namespaces: name one of yours');
    for (const namespace of namespaces) {
      const one = await missing(namespace);
      if (one) throw refused(user, one, `the namespace ${namespace}`);
    }
    return onlyNamespaces(namespaces);
  }
}

function refused(user: User, { verb, resource }: Ask['permissions'][number], where: string): SnoopyError {
  const right = `${verb} ${resource}.snoopy.dev`;
  return new SnoopyError('NOT_ALLOWED', `${user.name} may not ${right} in ${where}, or ask for the right.`);
}

function checkToken(token: string): void {
  if (token === '') {
    throw new SnoopyError(
      'UNAUTHENTICATED',
      'A token is needed: give --token-file FILE or --token, or the metadata "authorization: Bearer TOKEN".',
    );
  }
  if (token.length > LONGEST_TOKEN || !/^[\x21-\x7e]+$/.test(token)) {
    throw new SnoopyError('UNAUTHENTICATED', 'What was given as a token cannot be one.');
  }
}

function checkNode(node: string | undefined, claimed: string): void {
  if (node === undefined || node === claimed) return;
  throw new SnoopyError(
    'NOT_ALLOWED',
    `The agent's token is of a pod on the node ${node}, but it calls itself ${claimed}: give it the node's name.`,
  );
}
