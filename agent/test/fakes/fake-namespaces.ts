import type { HeldProcess, Namespaces, Opened } from '../../src/podtracer/namespaces.js';

/** Namespaces and processes out of two maps; counts what is open. */
export class FakeNamespaces implements Namespaces {
  readonly open = new Map<number, number>();
  readonly paths = new Map<string, number | 'not-permitted' | 'not-a-namespace'>();
  readonly processes = new Map<number, { inode: number | 'not-permitted' }>();
  held = 0;
  nodeInode: number | undefined = 1;
  #next = 100;

  openPath(path: string): Opened {
    return this.#open(this.paths.get(path));
  }

  holdProcess(pid: number): HeldProcess | undefined {
    const found = this.processes.get(pid);
    if (!found) return undefined;
    this.held++;
    return {
      pid,
      openNetwork: () => this.#open(found.inode),
      alive: () => this.processes.get(pid) === found,
      release: () => {
        this.held--;
      },
    };
  }

  close(fd: number): void {
    if (!this.open.delete(fd)) throw new Error(`descriptor ${fd} is not open`);
  }

  inodeAt(path: string): number | undefined {
    const found = this.paths.get(path);
    return typeof found === 'number' ? found : undefined;
  }

  node(): number | undefined {
    return this.nodeInode;
  }

  #open(found: number | 'not-permitted' | 'not-a-namespace' | undefined): Opened {
    if (found === undefined) return { failed: 'missing' };
    if (typeof found === 'string') return { failed: found };
    this.open.set(this.#next, found);
    return { fd: this.#next++, inode: found };
  }
}
