import { accessSync, closeSync, constants, openSync, readFileSync } from 'node:fs';
import { inodeOf, networkInode, nodeNetwork } from '../pods/namespace-file.js';
import type { HeldProcess, Namespaces, Opened } from './namespaces.js';

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

  holdProcess(pid: number): HeldProcess | undefined {
    try {
      return new ProcFolder(
        pid,
        openSync(`${this.procRoot}/${pid}`, constants.O_RDONLY | constants.O_DIRECTORY),
        this,
      );
    } catch {
      return undefined;
    }
  }

  close(fd: number): void {
    closeSync(fd);
  }

  inodeAt(path: string): number | undefined {
    return networkInode(path);
  }

  node(): number | undefined {
    return nodeNetwork(this.procRoot);
  }
}

/** An open /proc/PID: when the process has ended it is dead for ever, also when its id comes again (proc(5)). */
class ProcFolder implements HeldProcess {
  readonly #path: string;

  constructor(
    readonly pid: number,
    readonly fd: number,
    readonly namespaces: ProcNamespaces,
  ) {
    this.#path = `/proc/self/fd/${fd}`;
  }

  openNetwork(): Opened {
    return this.namespaces.openPath(`${this.#path}/ns/net`);
  }

  alive(): boolean {
    try {
      return !isZombie(readFileSync(`${this.#path}/stat`, 'utf8'));
    } catch {
      return false;
    }
  }

  release(): void {
    closeSync(this.fd);
  }
}

/** Reads the text of a /proc/PID/stat: the state stands behind the name, which may itself hold brackets and blanks. */
export function isZombie(stat: string): boolean {
  return 'ZX'.includes(stat[stat.lastIndexOf(')') + 2] ?? 'X');
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
