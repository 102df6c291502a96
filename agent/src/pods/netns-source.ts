import { type FSWatcher, readFileSync, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { SnoopyError } from '@snoopy/proto';
import { networkInode, nodeNetwork, ownNetwork } from './namespace-file.js';
import { type NetnsEntry, parseNetnsList } from './netns-list.js';
import { PodFeed } from './pod-feed.js';
import type { PodInfo, PodNetwork, PodSource } from './pod-source.js';

const mostBytes = 8 << 20;
/** A namespace's file is there before the namespace is mounted on it, and nothing tells of the mount: look again. */
const laterMs = [20, 100, 500, 2_000];
/** So many times rarer are looks where every folder tells of its changes. */
const toldTimes = 30;

export interface NetnsSourceOptions {
  /** Milliseconds between two looks at the file and the namespaces when nothing tells of a change. */
  readonly intervalMs?: number;
}

/**
 * Pods out of a JSON list of network namespaces. Looks at once when the list's folder or a namespace's folder changes,
 * and each second where a folder cannot be watched, each 30 s where all are. A broken list is a state; the last good one stays in force.
 */
export class NetnsSource implements PodSource {
  readonly #feed: PodFeed;
  readonly #intervalMs: number;
  readonly #watches = new Map<string, FSWatcher>();
  #soon: NodeJS.Immediate | undefined;
  #later: NodeJS.Timeout[] = [];
  #folders = 0;
  readonly #list: string;
  /** The list and the namespaces' files: what happens to others in their folders is no news. */
  #files: ReadonlySet<string> = new Set();
  #entries: readonly NetnsEntry[] = [];
  #mark = '';
  #problem: SnoopyError | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    readonly file: string,
    options: NetnsSourceOptions = {},
  ) {
    this.#intervalMs = options.intervalMs ?? 1_000;
    this.#list = `${dirname(file)}/${basename(file)}`;
    this.#feed = new PodFeed({ ok: false, source: `netns:${file}`, message: 'the list was not read yet' });
  }

  watch(...[onPods, onState]: Parameters<PodSource['watch']>): () => void {
    this.#look();
    const remove = this.#feed.add(onPods, onState);
    this.#watchFolders();
    if (!this.#timer) this.#wait();
    return () => {
      remove();
      if (!this.#feed.watched) this.close();
    };
  }

  async list(): Promise<readonly PodInfo[]> {
    this.#look();
    if (this.#problem) throw this.#problem;
    return this.#feed.pods ?? [];
  }

  async locate(uid: string): Promise<PodNetwork | undefined> {
    this.#readList();
    const entry = this.#entries.find((e) => e.uid === uid);
    if (!entry) return undefined;
    const { sandboxId, ready, hostNetwork } = podOf(entry, nodeNetworks());
    return { sandboxId, ready, hostNetwork, path: entry.netns, containers: [] };
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    clearImmediate(this.#soon);
    this.#soon = undefined;
    for (const timer of this.#later.splice(0)) clearTimeout(timer);
    for (const watcher of this.#watches.values()) watcher.close();
    this.#watches.clear();
  }

  #wait(): void {
    const told = this.#watches.size === this.#folders;
    this.#timer = setTimeout(
      () => {
        this.#look();
        this.#wait();
      },
      told ? toldTimes * this.#intervalMs : this.#intervalMs,
    );
  }

  /** @param list read the list too, if it has changed */
  #look(list = true): void {
    if (list) this.#readList();
    if (this.#timer) this.#watchFolders();
    const source = `netns:${this.file}`;
    const good = `${this.#entries.length} namespaces are listed`;
    const bad =
      this.#problem && `${this.#problem.message}; until then the last good list is in force: ${good}`;
    this.#feed.setState({ ok: !this.#problem, source, message: bad ?? good });
    const nodes = nodeNetworks();
    this.#feed.setPods(this.#entries.map((entry) => podOf(entry, nodes)));
  }

  /** Reads the list if the file is another one than at the last look. */
  #readList(): void {
    try {
      const stats = statSync(this.file, { bigint: true });
      const mark = `${stats.ino} ${stats.mtimeNs} ${stats.size}`;
      if (mark === this.#mark) return;
      if (stats.size > mostBytes) throw new Error(`it has ${stats.size} bytes, ${mostBytes} at most`);
      const text = readFileSync(this.file, 'utf8');
      this.#mark = mark;
      this.#entries = parseNetnsList(text);
      this.#problem = undefined;
    } catch (error) {
      // What could not be opened is tried at each look, what was read and is wrong only when it changes.
      if ('code' in (error as NodeJS.ErrnoException) && !(error instanceof SnoopyError)) this.#mark = '';
      this.#problem = new SnoopyError('BAD_INPUT', `namespace list ${this.file}: ${explain(error as Error)}`);
    }
  }

  #watchFolders(): void {
    const files = [this.file, ...this.#entries.map(({ netns }) => netns)];
    this.#files = new Set(files.map((path) => `${dirname(path)}/${basename(path)}`));
    const folders = new Set(files.map((path) => dirname(path)));
    this.#folders = folders.size;
    for (const folder of folders) if (!this.#watches.has(folder)) this.#watchFolder(folder);
    for (const [folder, watcher] of this.#watches) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watches.delete(folder);
    }
  }

  #watchFolder(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        const file = `${folder}/${name}`;
        if (name === null || this.#files.has(file)) this.#lookSoon(file !== this.#list);
      });
      watcher.on('error', () => this.#watches.delete(folder));
      this.#watches.set(folder, watcher);
    } catch {
      // Not there yet, or no inotify left: the interval does.
    }
  }

  /**
   * Again and again for some time; whatever happens meanwhile begins this anew.
   *
   * @param atOnce the list is not looked at then: whoever writes it may not have finished
   */
  #lookSoon(atOnce: boolean): void {
    for (const timer of this.#later.splice(0)) clearTimeout(timer);
    this.#later = laterMs.map((ms) => setTimeout(() => this.#look(), ms));
    if (!atOnce) return;
    this.#soon ??= setImmediate(() => {
      this.#soon = undefined;
      this.#look(false);
    });
  }
}

function explain(error: Error & { code?: string }): string {
  if (error.code === 'ENOENT') return 'there is no such file; the list comes with --pods netns:FILE';
  return error.message;
}

/** Networks that are no pod's: the node's, and the one that this process is in. */
function nodeNetworks(): readonly (number | undefined)[] {
  return [nodeNetwork('/proc'), ownNetwork()];
}

/** An entry as it is now; its namespace's number tells a new namespace under the same name. */
function podOf(entry: NetnsEntry, nodes: readonly (number | undefined)[]): PodInfo {
  const { uid, namespace, name, labels, netns } = entry;
  const inode = networkInode(netns);
  const hostNetwork = inode !== undefined && nodes.includes(inode);
  const problem = {
    problem: `${netns} is not a network namespace, or no longer: ip netns list shows those there are`,
  };
  return {
    uid,
    namespace,
    name,
    labels,
    ips: [],
    hostNetwork,
    sandboxId: inode === undefined ? '' : `net:[${inode}]`,
    ready: inode !== undefined,
    ...(inode === undefined ? problem : {}),
    containers: [],
  };
}
