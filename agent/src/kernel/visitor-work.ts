import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { type NetworkSyscalls, TcxHook } from './network-syscalls.js';
import type { Attached, LinkKind } from './node-kernel.js';
import { VisitError } from './visit-error.js';

/** Descriptors of what is attached; descriptors are the whole process's. */
export interface VisitPrograms {
  readonly ethernet: { readonly ingress: number; readonly egress: number };
  readonly raw: { readonly ingress: number; readonly egress: number };
  readonly loopback: { readonly ingress: number };
  readonly adoptLink: number;
}

/** What is done inside namespaces, synchronously, on a thread that does nothing else. */
export class VisitorWork {
  readonly #home = openSync('/proc/thread-self/ns/net', 'r');

  constructor(
    private readonly syscalls: NetworkSyscalls,
    private readonly programs: VisitPrograms,
  ) {}

  attach(netns: number, interfaceName: string, link: LinkKind): Attached {
    return this.syscalls.visit(this.#home, netns, () => {
      const index = this.syscalls.interfaceIndex(interfaceName);
      if (index === 0) throw new VisitError('NOT_FOUND', `the interface ${interfaceName} is gone`);
      const cookie = this.syscalls.namespaceCookie();
      return { cookie, links: this.#attachBoth(index, link), names: interfaceNames() };
    });
  }

  adopt(netns: number): boolean {
    const fd = this.syscalls.visit(this.#home, netns, () =>
      this.syscalls.openIterator(this.programs.adoptLink),
    );
    try {
      const buffer = new Uint8Array(4_096);
      let lost = 0;
      for (let read = readSync(fd, buffer); read > 0; read = readSync(fd, buffer)) lost += read;
      return lost === 0;
    } finally {
      closeSync(fd);
    }
  }

  look(path: string, inode: number): string | undefined {
    const netns = openIfThere(path);
    if (netns === undefined) return undefined;
    try {
      if (fstatSync(netns).ino !== inode) return undefined;
      return this.syscalls.visit(this.#home, netns, interfaceNames);
    } finally {
      closeSync(netns);
    }
  }

  detach(links: readonly number[]): void {
    for (const link of links) this.syscalls.closeDescriptor(link);
  }

  #attachBoth(index: number, link: LinkKind): number[] {
    const programs = this.programs[link];
    const links = [this.syscalls.attachTcx(programs.ingress, index, TcxHook.ingress)];
    try {
      if ('egress' in programs) links.push(this.syscalls.attachTcx(programs.egress, index, TcxHook.egress));
      return links;
    } catch (error) {
      this.detach(links);
      throw error;
    }
  }
}

/** Of the namespace that this thread is in. */
function interfaceNames(): string {
  const lines = readFileSync('/proc/thread-self/net/dev', 'utf8').split('\n').slice(2);
  return lines
    .flatMap((line) => /^\s*(\S+):/.exec(line)?.[1] ?? [])
    .sort()
    .join();
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}
