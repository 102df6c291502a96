import { accessSync, closeSync, constants, openSync, readFileSync } from 'node:fs';
import { inodeOf, networkInode, nodeNetwork } from '../pods/namespace-file.js';
import type { Namespaces, Opened } from './namespaces.js';

/** Field 22 of /proc/PID/stat (proc(5)), counted from the state, which is field 3. */
const startField = 22 - 3;

/** Start of a process in clock ticks since the boot, out of the text of its /proc/PID/stat. */
export function startTimeOf(stat: string): number | undefined {
  // The second field is the program's name in brackets and may hold anything, brackets and blanks included.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[startField]);
  return Number.isInteger(ticks) && ticks > 0 && fields[0] !== 'Z' ? ticks : undefined;
}

/** The namespaces of this node, through `procRoot`: the node's /proc, wherever it is mounted. */
export class ProcNamespaces implements Namespaces {
  constructor(readonly procRoot = '/proc') {}

  openPath(path: string): Opened {
    // Asked before it is opened: opening a device or a FIFO could block or act.
    if (networkInode(path) === undefined) return failed(path);
    try {
      const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      return { fd, inode: inodeOf(fd) };
    } catch (error) {
      return { failed: wordFor(error as NodeJS.ErrnoException) };
    }
  }

  openProcess(pid: number): Opened {
    return this.openPath(`${this.procRoot}/${pid}/ns/net`);
  }

  close(fd: number): void {
    closeSync(fd);
  }

  inodeAt(path: string): number | undefined {
    return networkInode(path);
  }

  startOf(pid: number): number | undefined {
    try {
      return startTimeOf(readFileSync(`${this.procRoot}/${pid}/stat`, 'utf8'));
    } catch {
      return undefined;
    }
  }

  node(): number | undefined {
    return nodeNetwork(this.procRoot);
  }
}

/** Why a path is no network namespace, without opening what is there. */
function failed(path: string): Opened {
  try {
    accessSync(path, constants.R_OK);
    return { failed: 'not-a-namespace' };
  } catch (error) {
    return { failed: wordFor(error as NodeJS.ErrnoException) };
  }
}

function wordFor(error: NodeJS.ErrnoException): 'missing' | 'not-permitted' | 'not-a-namespace' {
  if (error.code === 'EACCES' || error.code === 'EPERM') return 'not-permitted';
  return error.code === 'ENOENT' || error.code === 'ESRCH' ? 'missing' : 'not-a-namespace';
}
