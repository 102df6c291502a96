import { type Log, SnoopyError } from '@snoopy/proto';
import { accepted, type KubeApi, KubeError, type KubeObject } from '../kubernetes/kube-api.js';

const POLICIES = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
const BINDINGS = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings';
const LOOK_MS = 10_000;
/** API servers apply a policy a little after it was made. */
const SETTLES_MS = 5_000;

/** Port: whether the API server asked the writer of a job for his rights where the job's pods are. */
export interface JobPolicy {
  /** @param createdMs when the job was made, milliseconds since 1970 */
  judged(createdMs: number): boolean;
}

interface Policy extends KubeObject {
  readonly spec?: { readonly failurePolicy?: string };
}

interface Binding extends KubeObject {
  readonly spec?: {
    readonly policyName?: string;
    readonly validationActions?: readonly string[];
    readonly matchResources?: object;
  };
}

/**
 * Looks again and again whether a ValidatingAdmissionPolicy and its binding are in force. What was written before they
 * were, nobody has judged; nor is it known what became of a job while they were away. So a job counts as judged when it
 * is younger than both.
 */
export class AdmissionPolicy implements JobPolicy {
  /** Since when it is in force, undefined: it is not. */
  #sinceMs: number | undefined;
  #known = false;
  #why = '';
  #timer: NodeJS.Timeout | undefined;

  /** @param name of both; empty: there is none */
  constructor(
    readonly api: KubeApi,
    readonly name: string,
    readonly log: Log,
  ) {}

  start(): void {
    if (this.name === '') this.#known = true;
    else if (!this.#timer) {
      this.#timer = setInterval(() => void this.look(), LOOK_MS);
      void this.look();
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Whether the API server has answered once. */
  get known(): boolean {
    return this.#known;
  }

  judged(createdMs: number): boolean {
    return this.#sinceMs !== undefined && createdMs >= this.#sinceMs + SETTLES_MS;
  }

  /** Asks the API server. Never rejects. */
  async look(): Promise<void> {
    try {
      const [policy, binding] = await Promise.all([
        this.#get<Policy>(POLICIES),
        this.#get<Binding>(BINDINGS),
      ]);
      checkForce(this.name, policy, binding);
      this.#tell('');
      this.#sinceMs = Math.max(madeMs(policy), madeMs(binding));
    } catch (error) {
      // While nobody can be asked, nobody can change it either.
      if (error instanceof KubeError && (error.status === 0 || error.status === 429 || error.status >= 500))
        return;
      this.#sinceMs = undefined;
      this.#tell((error as Error).message);
    }
    this.#known = true;
  }

  async #get<T extends KubeObject>(path: string): Promise<T> {
    return accepted<T>(await this.api.request({ path: `${path}/${this.name}` }));
  }

  #tell(why: string): void {
    if (this.#known && why === this.#why) return;
    this.#why = why;
    if (why === '')
      this.log.info({ policy: this.name }, 'SnoopyJobs are judged by whose rights they are written with');
    else
      this.log.warn(
        { policy: this.name, why },
        'SnoopyJobs reach their own namespace only: nobody judges who writes them',
      );
  }
}

function checkForce(name: string, { spec: policy = {} }: Policy, { spec: binding = {} }: Binding): void {
  const holds =
    policy.failurePolicy !== 'Ignore' &&
    binding.policyName === name &&
    binding.validationActions?.includes('Deny') &&
    Object.keys(binding.matchResources ?? {}).length === 0;
  if (!holds) throw new SnoopyError('BAD_INPUT', 'The policy or its binding lets some through.');
}

function madeMs({ metadata }: KubeObject): number {
  return Date.parse(metadata?.creationTimestamp ?? '') || Number.POSITIVE_INFINITY;
}
