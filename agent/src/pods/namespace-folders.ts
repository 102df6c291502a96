import { existsSync, type FSWatcher, realpathSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { networkInode } from './namespace-file.js';
import type { NamespaceEvents } from './pod-source.js';

/** Where runtimes keep the network namespaces of pods unless they are told otherwise. */
const usualFolder = '/run/netns';
/** The file is there before the namespace is mounted on it, and nothing tells of the mount: looked at again so often. */
const mountMs = [0, 1, 2, 3, 5, 10, 20, 50, 100, 500, 2_000];

/**
 * Tells of network namespaces as they are made, within milliseconds, by inotify on the folders where their files are: the
 * usual one and those where pods' namespaces were found to be. What is there already is not told.
 */
export class NamespaceFolders {
  readonly #watches = new Map<string, FSWatcher>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #there = new Set<string>();

  constructor(private readonly events: NamespaceEvents) {}

  /** Every folder that is known tells. */
  get watching(): boolean {
    return this.#watches.size > 0;
  }

  start(): void {
    this.#watch(usualFolder);
  }

  /** The path without links, as events have it; its folder is watched from now on. */
  learn(path: string): string {
    const folder = realFolder(path);
    this.#watch(folder);
    return `${folder}/${basename(path)}`;
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    for (const watcher of this.#watches.values()) watcher.close();
    this.#watches.clear();
  }

  #watch(folder: string): void {
    if (this.#watches.has(folder)) return;
    try {
      const watcher = watch(folder, { persistent: false }, (event, name) => {
        if (event === 'rename' && name !== null) this.#changed(`${folder}/${name}`);
      });
      watcher.on('error', () => this.#watches.delete(folder));
      this.#watches.set(folder, watcher);
    } catch {
      // not there (yet), or no inotify left: the source of pods asks often then
    }
  }

  #changed(path: string): void {
    if (existsSync(path)) this.#await(path, 0);
    else if (this.#there.delete(path)) this.events.gone(path);
  }

  #await(path: string, tries: number): void {
    if (this.#there.has(path)) return;
    if (networkInode(path) !== undefined) {
      this.#there.add(path);
      this.events.appeared(path);
    } else if (tries < mountMs.length && existsSync(path)) {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#await(path, tries + 1);
      }, mountMs[tries]);
      this.#timers.add(timer);
    }
  }
}

function realFolder(path: string): string {
  try {
    return realpathSync(dirname(path));
  } catch {
    return dirname(path);
  }
}
