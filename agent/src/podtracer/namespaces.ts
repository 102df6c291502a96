/** What comes of opening a namespace. */
export type Opened =
  | { readonly fd: number; readonly inode: number }
  | { readonly failed: 'missing' | 'not-permitted' | 'not-a-namespace' };

/** A process that is held by its /proc folder: whatever becomes of its id, this stays that one process. */
export interface HeldProcess {
  readonly pid: number;
  /** Opens its network namespace. */
  openNetwork(): Opened;
  /** It has not ended; so nobody else had its id since it is held. */
  alive(): boolean;
  release(): void;
}

/** Port: namespaces and processes as the kernel shows them. */
export interface Namespaces {
  /** Opens the network namespace at a path. */
  openPath(path: string): Opened;
  /** Undefined when there is no such process. */
  holdProcess(pid: number): HeldProcess | undefined;
  close(fd: number): void;
  /** Inode of the network namespace at a path now; undefined when there is none. */
  inodeAt(path: string): number | undefined;
  /** Inode of the node's own network, if that can be known. */
  node(): number | undefined;
}
