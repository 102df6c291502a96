import { SnoopyError } from '@snoopy/proto';
import type { KubeQuestions } from '../kubernetes/kube-questions.js';
import type { AgentAuthority, AgentIdentity, User } from './authority.js';
import { type Jwt, parseJwt } from './jwt.js';
import type { KeyRing } from './key-ring.js';
import { TokenMemory } from './token-memory.js';
import { reviewToken } from './token-review.js';

/** What agents' tokens are for. */
export const AGENT_AUDIENCE = 'snoopy-aggregator';
const KEEP_MS = 60_000;
/** Where a TokenReview names the pod that a token is bound to (k8s.io/apiserver, serviceaccount/util.go). */
const EXTRA = 'authentication.kubernetes.io/';

interface Bound {
  readonly pod?: { readonly name?: string; readonly uid?: string };
  readonly node?: { readonly name?: string };
  readonly namespace?: string;
}

/**
 * Agents by the token that the kubelet projects into their pod: bound to that pod, which is on one node. Asked of the
 * API server; when it is away, its published keys are enough.
 */
export class KubernetesAgents implements AgentAuthority {
  readonly #known: TokenMemory<AgentIdentity>;
  readonly #user: string;
  readonly #namespace: string;

  /** @param account `namespace/name` of the agents' service account */
  constructor(
    readonly api: KubeQuestions,
    readonly keys: KeyRing,
    account: string,
    nowMs: () => number,
  ) {
    this.#known = new TokenMemory(KEEP_MS, nowMs);
    this.#namespace = account.split('/')[0]!;
    this.#user = `system:serviceaccount:${account.replace('/', ':')}`;
  }

  identify(token: string): Promise<AgentIdentity> {
    return this.#known.get(token, () => this.#identify(token));
  }

  async #identify(token: string): Promise<AgentIdentity> {
    const jwt = parseJwt(token);
    if (!jwt) throw refused('it is no service-account token');
    try {
      const user = await reviewToken(this.api, token, AGENT_AUDIENCE);
      if (!user) throw refused(`the API server does not know it, or it is not for ${AGENT_AUDIENCE}`);
      return { ...(await this.#bind(user.name, boundByReview(user))), endsMs: endOf(jwt) };
    } catch (error) {
      if (!(error instanceof SnoopyError && error.code === 'UNAVAILABLE')) throw error;
      return this.#byKeys(jwt, error);
    }
  }

  async #byKeys(jwt: Jwt, away: SnoopyError): Promise<AgentIdentity> {
    const fault = this.keys.fault(jwt, AGENT_AUDIENCE);
    if (fault !== undefined) throw fault.includes('known yet') ? away : refused(fault);
    const bound = (jwt.claims['kubernetes.io'] ?? {}) as Bound;
    const found = await this.#bind(String(jwt.claims.sub), bound);
    return { ...found, endsMs: endOf(jwt), by: 'by the stored keys: the API server is away' };
  }

  async #bind(user: string, bound: Bound): Promise<{ user: string; node: string }> {
    if (user !== this.#user) throw refused(`it is of ${user}, and agents are ${this.#user}`);
    const node = bound.node?.name ?? (await this.#nodeOf(bound));
    return { user, node };
  }

  /** Before Kubernetes 1.30 tokens do not name the node. */
  async #nodeOf({ pod }: Bound): Promise<string> {
    if (!pod?.name || !pod.uid) throw refused('it is not bound to a pod: project it into the agent’s pod');
    const path = `/api/v1/namespaces/${encodeURIComponent(this.#namespace)}/pods/${encodeURIComponent(pod.name)}`;
    const { body } = await this.api.call('GET', path);
    const found = body as { metadata?: { uid?: string }; spec?: { nodeName?: string } } | undefined;
    if (found?.metadata?.uid !== pod.uid || !found.spec?.nodeName) throw refused('its pod is gone');
    return found.spec.nodeName;
  }
}

function boundByReview({ extra }: User): Bound {
  const of = (name: string) => extra[`${EXTRA}${name}`]?.[0];
  const [name, uid, node] = [of('pod-name'), of('pod-uid'), of('node-name')];
  return {
    ...(name && uid ? { pod: { name, uid } } : {}),
    ...(node ? { node: { name: node } } : {}),
  };
}

function endOf({ claims }: Jwt): number | undefined {
  return typeof claims.exp === 'number' ? claims.exp * 1_000 : undefined;
}

function refused(why: string): SnoopyError {
  return new SnoopyError('UNAUTHENTICATED', `The agent's token is refused: ${why}.`);
}
