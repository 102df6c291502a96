import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import type { InterfaceInfo } from '../podtracer/interface-info.js';
import { networkMark } from '../watch/network-mark.js';
import { type NetworkSyscalls, TcxHook } from './network-syscalls.js';
import type { Attached, LinkKind, Met, Place } from './node-kernel.js';
import { TcFilters } from './tc-filters.js';
import { VisitError } from './visit-error.js';

/** Descriptors of what is attached; descriptors are the whole process's. */
export interface VisitPrograms {
  readonly ethernet: { readonly ingress: number; readonly egress: number };
  readonly raw: { readonly ingress: number; readonly egress: number };
  readonly loopback: { readonly ingress: number };
  /** -1: there are no sockets to adopt. */
  readonly adoptLink: number;
  /** With tc's clsact instead of TCX links. */
  readonly clsact: boolean;
}

/** What is done inside namespaces, synchronously, on a thread that does nothing else. */
export class VisitorWork {
  readonly #home = openSync('/proc/thread-self/ns/net', 'r');
  #tc: TcFilters | undefined;

  constructor(
    private readonly syscalls: NetworkSyscalls,
    private readonly programs: VisitPrograms,
  ) {}

  attach(netns: number, interfaceName: string, link: LinkKind): Attached {
    return this.syscalls.visit(this.#home, netns, () => {
      const index = this.syscalls.interfaceIndex(interfaceName);
      if (index === 0) throw new VisitError('NOT_FOUND', `the interface ${interfaceName} is gone`);
      const cookie = this.syscalls.namespaceCookie();
      this.#filters.remove(index); // what an agent left that was killed
      if (!this.programs.clsact)
        return { cookie, links: this.#attachBoth(index, link), mark: mark(), index: 0 };
      this.#filters.attach(index, this.programs[link]);
      return { cookie, links: [], mark: mark(), index };
    });
  }

  attachAt({ path, inode }: Place, interfaceName: string, link: LinkKind): Attached {
    const netns = openIfThere(path);
    try {
      if (netns === undefined || fstatSync(netns).ino !== inode)
        throw new VisitError('NOT_FOUND', `the namespace ${path} is gone`);
      return this.attach(netns, interfaceName, link);
    } finally {
      if (netns !== undefined) closeSync(netns);
    }
  }

  meet(path: string): Met | undefined {
    const netns = openIfThere(path);
    if (netns === undefined) return undefined;
    try {
      const cookie = this.syscalls.visit(this.#home, netns, () => this.syscalls.namespaceCookie());
      return { inode: fstatSync(netns).ino, cookie };
    } catch {
      return undefined;
    } finally {
      closeSync(netns);
    }
  }

  interfacesAt(place: Place): InterfaceInfo[] | undefined {
    return this.#in(place, () => this.syscalls.interfaces());
  }

  adopt(netns: number): boolean {
    if (this.programs.adoptLink < 0) return true;
    const fd = this.syscalls.visit(this.#home, netns, () =>
      hasTcp() ? this.syscalls.openIterator(this.programs.adoptLink) : undefined,
    );
    if (fd === undefined) return true;
    try {
      const buffer = new Uint8Array(4_096);
      let lost = 0;
      for (let read = readSync(fd, buffer); read > 0; read = readSync(fd, buffer)) lost += read;
      return lost === 0;
    } finally {
      closeSync(fd);
    }
  }

  interfaces(netns: number): InterfaceInfo[] {
    return this.syscalls.visit(this.#home, netns, () => this.syscalls.interfaces());
  }

  look(places: readonly Place[]): (string | undefined)[] {
    return places.map((place) => this.#lookAt(place));
  }

  detach(links: readonly number[]): void {
    for (const link of links) this.syscalls.closeDescriptor(link);
  }

  hasFilters(place: Place, index: number): boolean {
    return this.#in(place, () => this.#filters.has(index)) ?? false;
  }

  removeFilters(place: Place, index: number): void {
    this.#in(place, () => this.#filters.remove(index));
  }

  get #filters(): TcFilters {
    this.#tc ??= new TcFilters();
    return this.#tc;
  }

  #lookAt(place: Place): string | undefined {
    return this.#in(place, mark);
  }

  /** Undefined when the namespace is gone, or what was to be done there failed. */
  #in<T>({ path, inode }: Place, act: () => T): T | undefined {
    const netns = openIfThere(path);
    if (netns === undefined) return undefined;
    try {
      if (fstatSync(netns).ino !== inode) return undefined;
      return this.syscalls.visit(this.#home, netns, act);
    } catch {
      return undefined;
    } finally {
      closeSync(netns);
    }
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

/**
 * Whether the namespace that this thread is in has sockets of TCP, listening ones included. Looking at each takes 2 ms:
 * an iterator goes through the whole node's table for one namespace.
 */
function hasTcp(): boolean {
  try {
    const folder = '/proc/thread-self/net';
    return ['sockstat', 'sockstat6'].some((file) =>
      /^TCP6?: inuse [1-9]/m.test(readFileSync(`${folder}/${file}`, 'utf8')),
    );
  } catch {
    return true; // without IPv6 there is no sockstat6
  }
}

/** Of the namespace that this thread is in. */
function mark(): string {
  return networkMark('/proc/thread-self/net') ?? '';
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}
