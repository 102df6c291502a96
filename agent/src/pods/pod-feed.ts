import type { PodInfo, SourceState } from './pod-source.js';

interface Watcher {
  readonly onPods: (pods: readonly PodInfo[]) => void;
  readonly onState: ((state: SourceState) => void) | undefined;
}

/** What a source knows last, told to those who watch when it changes. */
export class PodFeed {
  readonly #watchers = new Set<Watcher>();
  #pods: readonly PodInfo[] | undefined;
  #podsText = '';
  #state: SourceState;

  constructor(state: SourceState) {
    this.#state = state;
  }

  get watched(): boolean {
    return this.#watchers.size > 0;
  }

  get pods(): readonly PodInfo[] | undefined {
    return this.#pods;
  }

  /** Adds a watcher and tells it what is known; the result removes it. */
  add(onPods: Watcher['onPods'], onState?: Watcher['onState']): () => void {
    const watcher = { onPods, onState };
    this.#watchers.add(watcher);
    onState?.(this.#state);
    if (this.#pods) onPods(this.#pods);
    return () => this.#watchers.delete(watcher);
  }

  setPods(pods: readonly PodInfo[]): void {
    const sorted = [...pods].sort((a, b) => (a.uid < b.uid ? -1 : 1));
    const text = JSON.stringify(sorted);
    if (text === this.#podsText) return;
    this.#pods = sorted;
    this.#podsText = text;
    for (const { onPods } of [...this.#watchers]) onPods(sorted);
  }

  setState(state: SourceState): void {
    const { ok, source, message } = this.#state;
    if (ok === state.ok && source === state.source && message === state.message) return;
    this.#state = state;
    for (const { onState } of [...this.#watchers]) onState?.(state);
  }
}
