import type { KubeQuestions } from '../kubernetes/kube-questions.js';
import type { Permission } from './access.js';
import type { ClientAuthority, User } from './authority.js';
import { TokenMemory } from './token-memory.js';
import { notAllowedToAsk, reviewToken } from './token-review.js';

export const GROUP = 'snoopy.dev';
/** Answers are used again so long: people poll. */
const KEEP_MS = 10_000;

/** Clients by Kubernetes: TokenReview says who it is, SubjectAccessReview what they may. */
export class KubernetesClients implements ClientAuthority {
  readonly #users: TokenMemory<User | undefined>;
  readonly #answers: TokenMemory<boolean>;

  /** @param audience of clients' tokens; empty: the API server's own, as those of kubectl are */
  constructor(
    readonly api: KubeQuestions,
    readonly audience: string,
    nowMs: () => number,
  ) {
    this.#users = new TokenMemory(KEEP_MS, nowMs);
    this.#answers = new TokenMemory(KEEP_MS, nowMs);
  }

  who(token: string, afresh: boolean): Promise<User | undefined> {
    return this.#users.get(token, () => reviewToken(this.api, token, this.audience), afresh);
  }

  may(user: User, permission: Permission, namespace: string, afresh: boolean): Promise<boolean> {
    const key = JSON.stringify([user, permission, namespace]);
    return this.#answers.get(key, () => this.#ask(user, permission, namespace), afresh);
  }

  async #ask(user: User, { verb, resource }: Permission, namespace: string): Promise<boolean> {
    const [name, subresource] = resource.split('/');
    const resourceAttributes = { group: GROUP, version: '*', resource: name, subresource, verb, namespace };
    const { name: who, uid, groups, extra } = user;
    const spec = { user: who, uid, groups, extra, resourceAttributes };
    const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
    const answer = await this.api.call('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', review);
    if (answer.status !== 201)
      throw notAllowedToAsk('subjectaccessreviews.authorization.k8s.io', answer.status);
    return (answer.body as { status?: { allowed?: boolean } }).status?.allowed === true;
  }
}
