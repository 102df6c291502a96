import { parseSelector, type Selector } from '@snoopy/proto';
import type { AgentSession } from '../ingest/agent-session.js';
import type { ControlOutlet } from '../ingest/outlets.js';
import type { Cluster } from './cluster.js';

/** What an agent was told last. */
interface Told {
  readonly control: ControlOutlet;
  readonly text: string;
}

/**
 * Tells each agent which pods of its node it is to watch: its own selector and namespaces, resolved from the labels
 * that pods have now.
 */
export class Selections {
  readonly #cluster: Cluster;
  readonly #sessions: () => Iterable<AgentSession>;
  readonly #told = new Map<string, Told>();
  readonly #changed = new Set<string>();
  readonly #selectors = new Map<string, Selector>();
  /** Nothing is told before the whole list of pods is known. */
  ready = false;

  constructor(cluster: Cluster, sessions: () => Iterable<AgentSession>) {
    this.#cluster = cluster;
    this.#sessions = sessions;
    cluster.onNodeChanged = (node) => this.#changed.add(node);
  }

  /** To be called a few times a second. */
  tick(): void {
    if (!this.ready) return;
    for (const session of this.#sessions()) {
      const { agent, control } = session;
      const told = this.#told.get(agent);
      if (!control) this.#told.delete(agent);
      else if (told?.control !== control || this.#changed.has(agent)) this.#tell(session, control, told);
    }
    this.#changed.clear();
  }

  #tell(session: AgentSession, control: ControlOutlet, told: Told | undefined): void {
    const { agent, selector, namespaces } = session;
    const matches = this.#selector(selector);
    const selected: string[] = [];
    const others: string[] = [];
    for (const { runtimeUid, namespace, labels, ended } of this.#cluster.podsOn(agent)) {
      if (ended) continue;
      const named = namespaces.length === 0 || namespaces.includes(namespace);
      (named && matches.matches(labels) ? selected : others).push(runtimeUid);
    }
    const selection = { selected: selected.sort(), others: others.sort() };
    const text = JSON.stringify(selection);
    if (told?.control === control && told.text === text) return;
    this.#told.set(agent, { control, text });
    control.send({ selection });
  }

  #selector(text: string): Selector {
    const known = this.#selectors.get(text);
    if (known) return known;
    if (this.#selectors.size > 1_000) this.#selectors.clear();
    const selector = parseSelector(text);
    this.#selectors.set(text, selector);
    return selector;
  }
}
