import { everything, type Scope } from '../access/scope.js';
import type { PodEntry } from '../pods/pod-entry.js';

/**
 * What of a flow a caller may see. With the right to some namespaces: flows that one of their pods or Services is an end
 * of. Of the other end they learn the port, and the address only if it is no pod's or Service's of another namespace:
 * an address inside the cluster names a pod to whoever can look it up. Nothing that is hidden can be asked for either,
 * or filters would tell it.
 */
export class Sight {
  constructor(readonly scope: Scope) {}

  /** Everything may be seen. */
  get all(): boolean {
    return this.scope.all;
  }

  /** An end that makes a flow visible. */
  owns(entry: PodEntry | undefined): boolean {
    return entry !== undefined && entry.namespace !== '' && this.scope.sees(entry.namespace);
  }

  /** An end of which nothing but the port is told. */
  hides(entry: PodEntry | undefined): boolean {
    return entry !== undefined && entry.namespace !== '' && !this.scope.sees(entry.namespace);
  }

  /** The entry, as far as it may be named. Nodes are nobody's business but of those who see all. */
  named(entry: PodEntry | undefined): PodEntry | undefined {
    if (this.all || !entry) return entry;
    return entry.kind === 'node' || this.hides(entry) ? undefined : entry;
  }
}

export const fullSight = new Sight(everything);
