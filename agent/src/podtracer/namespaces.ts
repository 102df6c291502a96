/** What comes of opening a namespace. */
export type Opened =
  | { readonly fd: number; readonly inode: number }
  | { readonly failed: 'missing' | 'not-permitted' | 'not-a-namespace' };

/** Port: namespaces and processes as the kernel shows them. */
export interface Namespaces {
  /** Opens the network namespace at a path. */
  openPath(path: string): Opened;
  /** Opens the network namespace of a process. */
  openProcess(pid: number): Opened;
  close(fd: number): void;
  /** Inode of the network namespace at a path now; undefined when there is none. */
  inodeAt(path: string): number | undefined;
  /**
   * When a process started, in clock ticks since the boot; undefined when there is none. A process id comes again, the
   * pair of id and start does not.
   */
  startOf(pid: number): number | undefined;
  /** Inode of the node's own network, if that can be known. */
  node(): number | undefined;
}
