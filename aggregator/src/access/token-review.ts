import { SnoopyError } from '@snoopy/proto';
import type { KubeQuestions } from '../kubernetes/kube-questions.js';
import type { User } from './authority.js';

/** What of a TokenReview's status is used (authentication.k8s.io/v1). */
interface ReviewStatus {
  authenticated?: boolean;
  audiences?: string[];
  error?: string;
  user?: { username?: string; uid?: string; groups?: string[]; extra?: Record<string, string[]> };
}

/**
 * Whose token it is, as the API server says; undefined: it is not good.
 * @param audience that it must be for; empty: the API server's own
 * @throws SnoopyError UNAVAILABLE when the API server cannot say, or does not let us ask
 */
export async function reviewToken(
  api: KubeQuestions,
  token: string,
  audience: string,
): Promise<User | undefined> {
  const audiences = audience === '' ? {} : { audiences: [audience] };
  const review = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token, ...audiences },
  };
  const answer = await api.call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', review);
  if (answer.status !== 201) throw notAllowedToAsk('tokenreviews.authentication.k8s.io', answer.status);
  const {
    authenticated,
    user,
    audiences: known = [],
  } = (answer.body as { status?: ReviewStatus }).status ?? {};
  if (!authenticated || !user?.username) return undefined;
  // An API server that knows no audiences would say yes to any (TokenReview's own documentation).
  if (audience !== '' && !known.includes(audience)) return undefined;
  return { name: user.username, uid: user.uid ?? '', groups: user.groups ?? [], extra: user.extra ?? {} };
}

export function notAllowedToAsk(what: string, status: number): SnoopyError {
  return new SnoopyError(
    'UNAVAILABLE',
    `The Kubernetes API server answers ${status} when asked: give the aggregator's service account the right to create ${what}.`,
  );
}
