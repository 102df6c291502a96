import { arch } from 'node:process';
import koffi, { type LibraryHandle } from 'koffi';
import type { InterfaceInfo } from '../podtracer/interface-info.js';
import { dumpRequest, ROUTE, RouteDump } from './route-dump.js';
import { VisitError } from './visit-error.js';

/** Attach types of bpf(2), include/uapi/linux/bpf.h (6.6). */
export const TcxHook = { ingress: 46, egress: 47 } as const;

const CLONE_NEWNET = 0x4000_0000;
const BPF_LINK_CREATE = 28;
const BPF_ITER_CREATE = 33;
const SYSCALL_BPF: Partial<Record<NodeJS.Architecture, number>> = { x64: 321, arm64: 280 };
const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
/** What the kernel puts into one datagram of an answer at most (rtnetlink's min_ifinfo_dump_size and more). */
const DUMP_BYTES = 64 << 10;
const SOL_SOCKET = 1;
const SO_NETNS_COOKIE = 71;

/** Of no interface. */
const NOWHERE = 0x7fff_ffff;
const ENODEV = 19;
const EPERM = 1;

/**
 * The system calls that Node does not have, made synchronously. The one place where the agent itself enters a namespace
 * (DESIGN, law 5), and only with the thread that does nothing else (visitor-thread.ts): `visit` enters, calls, returns;
 * when it cannot return, the process ends.
 */
export class NetworkSyscalls {
  readonly #libc = declare(koffi.load('libc.so.6'));
  readonly #bpfNumber = SYSCALL_BPF[arch];
  #answer: Uint8Array | undefined;

  constructor() {
    if (this.#bpfNumber === undefined) {
      throw new VisitError('UNSUPPORTED', `bpf(2) has no number here for the architecture ${arch}`);
    }
  }

  /**
   * Runs `act` inside a network namespace.
   *
   * @param home descriptor of our own namespace, opened before
   * @param netns descriptor of the namespace to visit
   */
  visit<T>(home: number, netns: number, act: () => T): T {
    if (this.#libc.setns(netns, CLONE_NEWNET) !== 0) {
      throw new VisitError('NOT_ALLOWED', `entering a network namespace failed with errno ${koffi.errno()}`);
    }
    try {
      return act();
    } finally {
      // Going on in a pod's namespace would send the agent's own traffic through the pod.
      if (this.#libc.setns(home, CLONE_NEWNET) !== 0) this.#libc.abort();
    }
  }

  /** The cookie of the namespace we are in: net->net_cookie (5.14). */
  namespaceCookie(): bigint {
    const socket = this.#libc.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0);
    if (socket < 0) throw new VisitError('LIMIT', `a socket failed with errno ${koffi.errno()}`);
    const cookie = Buffer.alloc(8);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(cookie.length);
    const result = this.#libc.getsockopt(socket, SOL_SOCKET, SO_NETNS_COOKIE, cookie, length);
    this.#libc.close(socket);
    if (result !== 0) throw new VisitError('UNSUPPORTED', 'this kernel has no SO_NETNS_COOKIE (5.14)');
    return cookie.readBigUInt64LE();
  }

  /** Index of an interface of the namespace we are in; 0 when it is not there. */
  interfaceIndex(name: string): number {
    return this.#libc.if_nametoindex(name);
  }

  /** The interfaces of the namespace we are in, with addresses: what `ip addr` shows, for a hundredth of its cost. */
  interfaces(): InterfaceInfo[] {
    const socket = this.#libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, 0);
    if (socket < 0) throw new VisitError('LIMIT', `a socket failed with errno ${koffi.errno()}`);
    try {
      const dump = new RouteDump();
      for (const type of [ROUTE.getLink, ROUTE.getAddress] as const)
        this.#dump(socket, dumpRequest(type), dump);
      return dump.interfaces;
    } finally {
      this.#libc.close(socket);
    }
  }

  #dump(socket: number, request: Buffer, dump: RouteDump): void {
    this.#answer ??= new Uint8Array(DUMP_BYTES);
    let length = Number(this.#libc.send(socket, request, request.length, 0));
    while (length >= 0) {
      length = Number(this.#libc.recv(socket, this.#answer, DUMP_BYTES, 0));
      if (length >= 0 && dump.take(this.#answer, length)) return;
    }
    throw new VisitError('INTERNAL', `listing the interfaces failed with errno ${koffi.errno()}`);
  }

  /** Attaches a program to an interface of the namespace we are in; closing the descriptor detaches it. */
  attachTcx(programFd: number, interfaceIndex: number, hook: number): number {
    const fd = this.#linkCreate(programFd, interfaceIndex, hook);
    if (fd >= 0) return fd;
    const errno = koffi.errno();
    if (errno === ENODEV) throw new VisitError('NOT_FOUND', 'the interface is gone');
    if (errno === EPERM) throw new VisitError('NOT_ALLOWED', 'attaching to an interface takes NET_ADMIN');
    throw new VisitError('INTERNAL', `attaching to an interface failed with errno ${errno}`);
  }

  /** Whether this kernel has TCX (6.6): one that does looks for the interface, one that does not refuses the hook. */
  hasTcx(programFd: number): boolean {
    const fd = this.#linkCreate(programFd, NOWHERE, TcxHook.ingress);
    return fd < 0 && koffi.errno() === ENODEV;
  }

  /** A descriptor that reads one pass of an iterator, bound to the namespace we are in. */
  openIterator(linkFd: number): number {
    const attributes = Buffer.alloc(8);
    attributes.writeUInt32LE(linkFd, 0);
    const fd = Number(this.#libc.syscall(this.#bpfNumber!, BPF_ITER_CREATE, attributes, attributes.length));
    if (fd < 0) throw new VisitError('INTERNAL', `reading the sockets failed with errno ${koffi.errno()}`);
    return fd;
  }

  #linkCreate(programFd: number, interfaceIndex: number, hook: number): number {
    const attributes = Buffer.alloc(64);
    attributes.writeUInt32LE(programFd, 0);
    attributes.writeUInt32LE(interfaceIndex, 4);
    attributes.writeUInt32LE(hook, 8);
    return Number(this.#libc.syscall(this.#bpfNumber!, BPF_LINK_CREATE, attributes, attributes.length));
  }

  closeDescriptor(fd: number): void {
    this.#libc.close(fd);
  }
}

function declare(libc: LibraryHandle) {
  return {
    setns: libc.func('int setns(int, int)'),
    socket: libc.func('int socket(int, int, int)'),
    getsockopt: libc.func('int getsockopt(int, int, int, void *, void *)'),
    close: libc.func('int close(int)'),
    send: libc.func('long send(int, const void *, size_t, int)'),
    recv: libc.func('long recv(int, void *, size_t, int)'),
    abort: libc.func('void abort()'),
    if_nametoindex: libc.func('unsigned int if_nametoindex(const char *)'),
    // Variadic in C; on x86-64 and arm64 its integer arguments go where fixed ones go.
    syscall: libc.func('long syscall(long, int, void *, unsigned int)'),
  };
}
