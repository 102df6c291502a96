import type { Log } from '@snoopy/proto';
import type { Leader } from './leader.js';

/**
 * Whether this aggregator works or stands by (DESIGN section 2). It works from when it gets the Lease until another has
 * it: while the API server is away nobody else can get it, and agents are better served than not.
 */
export interface Role {
  readonly active: boolean;
  /** Where agents find the one that works; undefined: nobody knows. */
  readonly activeAgents: string | undefined;
  readonly activeClients: string | undefined;
}

/** One that is alone. */
export const alone: Role = { active: true, activeAgents: undefined, activeClients: undefined };

/** One of several, by the Lease. */
export class LeaseRole implements Role {
  #active = false;

  /**
   * @param onActive called once
   * @param onDeposed called once: another works now, and this one is to end, for what it holds is of the past
   */
  constructor(
    readonly leader: Leader,
    log: Log,
    onActive: () => void,
    onDeposed: () => void,
  ) {
    leader.onGained = () => {
      if (this.#active) return;
      this.#active = true;
      log.info({ lease: leader.name }, 'active');
      onActive();
    };
    leader.onTaken = () => {
      this.#active = false;
      log.warn({ lease: leader.name, active: leader.holder?.clients }, 'another aggregator took over');
      onDeposed();
    };
  }

  get active(): boolean {
    return this.#active;
  }

  get activeAgents(): string | undefined {
    return this.leader.holder?.agents;
  }

  get activeClients(): string | undefined {
    return this.leader.holder?.clients;
  }
}
