import { type BigIntStats, fstatSync, readlinkSync, statfsSync, statSync } from 'node:fs';

/** Type of the kernel's namespace file system (linux/magic.h, NSFS_MAGIC). */
const nsfsMagic = 0x6e736673;

/** Inode of the network namespace behind a path; undefined when there is none. */
export function networkInode(path: string): number | undefined {
  try {
    return statfsSync(path).type === nsfsMagic ? inode(statSync(path, { bigint: true })) : undefined;
  } catch {
    return undefined;
  }
}

/** Inode behind an open namespace. */
export function inodeOf(fd: number): number {
  return inode(fstatSync(fd, { bigint: true }));
}

function inode(stats: BigIntStats): number {
  return Number(stats.ino);
}

/** The kernel's number of the first pid namespace (linux/proc_ns.h, PROC_PID_INIT_INO). */
const firstPidNamespace = 'pid:[4026531836]';

/**
 * Inode of the node's own network namespace: that of process 1, if process 1 is the node's. Inside a container's pid
 * namespace it is not, unless `procRoot` is the node's /proc mounted elsewhere; then undefined, and the runtime's word
 * on who uses the node's network must do. Undefined also without the right to look (SYS_PTRACE).
 */
export function nodeNetwork(procRoot: string): number | undefined {
  try {
    if (procRoot === '/proc' && readlinkSync('/proc/self/ns/pid') !== firstPidNamespace) return undefined;
    return networkInode(`${procRoot}/1/ns/net`);
  } catch {
    return undefined;
  }
}

/** Inode of the network namespace that this process is in. */
export function ownNetwork(): number | undefined {
  return networkInode('/proc/self/ns/net');
}
