import type { Clock } from '@snoopy/proto';
import { accepted, type KubeApi, type KubeObject } from './kube-api.js';

/** Who has not renewed for so long has lost it; the holder gives up a little before. Milliseconds. */
const LEASE_MS = 15_000;
const RENEW_MS = 4_000;
const GIVE_UP_MS = 10_000;
/** Who waits for it looks so often. */
const LOOK_MS = 1_000;
/** In the Lease's annotations: where agents and clients find its holder. */
const AGENTS = 'snoopy.dev/agents';
const CLIENTS = 'snoopy.dev/clients';

/** Where a replica is reached, `host:port`. */
export interface ReplicaAddress {
  readonly agents: string;
  readonly clients: string;
}

interface Lease extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

/**
 * One of several replicas holds the Lease (coordination.k8s.io) and does what only one may do. Another's renewals are
 * timed by our own clock, since clocks differ: it is gone when its Lease did not change for the Lease's duration.
 */
export class Leader {
  readonly #path: string;
  #seen = { text: '', sinceMs: 0 };
  #renewedMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #busy = false;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #was = false;
  #holder: ReplicaAddress | undefined;
  /** Where others find us while we hold it; to be set before the start. */
  address: ReplicaAddress = { agents: '', clients: '' };
  /** False while we are not ready to hold it; who holds it is looked for all the same. */
  mayHold = (): boolean => true;
  /** Called when we have got it. */
  onGained = (): void => {};
  /** Called when we had it and another has got it. */
  onTaken = (): void => {};

  constructor(
    readonly api: KubeApi,
    readonly clock: Clock,
    readonly namespace: string,
    readonly name: string,
    readonly identity: string,
  ) {
    this.#path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  }

  /** Whether we hold it. */
  get isLeader(): boolean {
    return this.clock.monotonicMs() - this.#renewedMs < GIVE_UP_MS;
  }

  /** Where the holder is, as of our last look; undefined: nobody holds it, or nobody knows where. */
  get holder(): ReplicaAddress | undefined {
    return this.#holder;
  }

  start(): void {
    if (this.#timer) return;
    this.#timer = setInterval(() => void this.#try(), LOOK_MS);
    void this.#try();
  }

  /** Lets another have it at once. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const wasLeader = this.isLeader;
    this.#renewedMs = Number.NEGATIVE_INFINITY;
    if (!wasLeader) return;
    const lease = await this.#get().catch(() => undefined);
    if (lease?.spec?.holderIdentity === this.identity) await this.#write(lease, '').catch(() => undefined);
  }

  async #try(): Promise<void> {
    const nowMs = this.clock.monotonicMs();
    if (this.#busy || (this.isLeader && nowMs - this.#lookedMs < RENEW_MS)) return;
    this.#busy = true;
    this.#lookedMs = nowMs;
    try {
      await this.#renew();
    } catch {
      // the API server is away, or another was faster: asked again at the next turn
    } finally {
      this.#busy = false;
    }
  }

  async #renew(): Promise<void> {
    const askedMs = this.clock.monotonicMs();
    const lease = await this.#get();
    if (lease && !this.#isFree(lease)) return this.#another(lease);
    if (!this.#was && !this.mayHold()) return;
    await this.#write(lease, this.identity);
    this.#renewedMs = askedMs;
    this.#holder = this.address;
    if (!this.#was) this.onGained();
    this.#was = true;
  }

  #another({ metadata }: Lease): void {
    const { [AGENTS]: agents, [CLIENTS]: clients } = metadata?.annotations ?? {};
    this.#holder = agents && clients ? { agents, clients } : undefined;
    this.#renewedMs = Number.NEGATIVE_INFINITY;
    if (this.#was) this.onTaken();
    this.#was = false;
  }

  #isFree({ metadata, spec = {} }: Lease): boolean {
    const { holderIdentity = '', leaseDurationSeconds = LEASE_MS / 1_000 } = spec;
    if (holderIdentity === '' || holderIdentity === this.identity) return true;
    const nowMs = this.clock.monotonicMs();
    const text = metadata?.resourceVersion ?? '';
    if (text !== this.#seen.text) this.#seen = { text, sinceMs: nowMs };
    return nowMs - this.#seen.sinceMs > leaseDurationSeconds * 1_000;
  }

  async #get(): Promise<Lease | undefined> {
    const answer = await this.api.request({ path: `${this.#path}/${this.name}` });
    return answer.status === 404 ? undefined : accepted<Lease>(answer);
  }

  /** The object's version is sent along, so that of two that try at once one is refused. */
  async #write(lease: Lease | undefined, holder: string): Promise<void> {
    const now = new Date(this.clock.nowUs() / 1_000).toISOString().replace(/Z$/, '000Z');
    const before = lease?.spec ?? {};
    const changes = before.holderIdentity === holder ? 0 : 1;
    const body = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        ...(lease?.metadata ?? { name: this.name, namespace: this.namespace }),
        annotations: {
          ...lease?.metadata?.annotations,
          [AGENTS]: holder === '' ? '' : this.address.agents,
          [CLIENTS]: holder === '' ? '' : this.address.clients,
        },
      },
      spec: {
        ...before,
        holderIdentity: holder,
        leaseDurationSeconds: LEASE_MS / 1_000,
        renewTime: now,
        ...(changes > 0 ? { acquireTime: now } : {}),
        leaseTransitions: (before.leaseTransitions ?? 0) + changes,
      },
    };
    const path = lease ? `${this.#path}/${this.name}` : this.#path;
    const answer = await this.api.request({ method: lease ? 'PUT' : 'POST', path, body });
    accepted(answer);
  }
}
