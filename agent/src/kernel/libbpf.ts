import { SnoopyError } from '@snoopy/proto';
import koffi, { type LibraryHandle } from 'koffi';
import type { BellCalls } from './ring-bell.js';

/**
 * The few functions of libbpf (1.0 and later; bpf/libbpf.h, bpf/bpf.h) that the agent calls, through koffi.
 * Everything is synchronous; what fails throws a SnoopyError that names the step and libbpf's errno.
 */
export interface Mapping {
  readonly memory: ArrayBuffer;
  unmap(): void;
}

export interface MapIterator {
  /** A descriptor that reads one pass over the map: `read` until it gives 0, then close it. */
  open(): number;
  detach(): void;
}

type Pointer = object | null;

const EPERM = 1;
/** Of struct pollfd: int fd, short events, short revents. */
const POLL_BYTES = 8;
const POLLIN = 1;
const O_CLOEXEC = 0o2000000;
/** Offset in struct bpf_link_info: type, id, prog_id, then a union aligned to 8. */
const LINK_INFO_TCX_IFINDEX = 16;

/** The library; UNSUPPORTED with the package to install when it is not there. */
export class Libbpf {
  readonly #c: ReturnType<typeof declare>;
  readonly #info = Buffer.alloc(64);
  readonly #infoLength = new Uint32Array(1);

  constructor() {
    try {
      this.#c = declare(koffi.load('libbpf.so.1'), koffi.load('libc.so.6'));
    } catch (cause) {
      const say = 'libbpf.so.1 cannot be loaded: install the package libbpf1 (Debian) or libbpf';
      throw new SnoopyError('UNSUPPORTED', say, { cause });
    }
    this.#c.setPrint(null);
  }

  /** Opens an object file made by clang; nothing is in the kernel before load(). */
  open(path: string): BpfObject {
    const object = this.#c.openFile(path, null) as Pointer;
    if (!object) throw new SnoopyError('INTERNAL', `${path} is no BPF object: build the agent again`);
    return new BpfObject(this.#c, object);
  }

  updateMap(fd: number, key: Uint8Array, value: Uint8Array): void {
    check(this.#c.update(fd, key, value, 0), 'writing to a BPF map');
  }

  /** False when the key is not there. */
  deleteFromMap(fd: number, key: Uint8Array): boolean {
    return this.#c.remove(fd, key) === 0;
  }

  /** False when the key is not there. */
  readMap(fd: number, key: Uint8Array, value: Uint8Array): boolean {
    return this.#c.lookup(fd, key, value) === 0;
  }

  /** Reads and deletes in one step (5.14 for hashes). False when the key is not there. */
  takeFromMap(fd: number, key: Uint8Array, value: Uint8Array): boolean {
    return this.#c.take(fd, key, value) === 0;
  }

  /** Index of the interface that a TCX link is attached to; 0 when that is gone. */
  interfaceOfLink(fd: number): number {
    this.#infoLength[0] = this.#info.length;
    if (this.#c.infoByFd(fd, this.#info, this.#infoLength) !== 0) return 0;
    return this.#info.readUInt32LE(LINK_INFO_TCX_IFINDEX);
  }

  /** Gives back what C's allocator holds and nobody uses (malloc_trim(3)). */
  releaseMemory(): void {
    this.#c.trim?.(0);
  }

  /** What it takes to wait for a ring. */
  get bell(): BellCalls {
    const c = this.#c;
    return {
      poll: (fds, ms, done) => {
        const all = Buffer.alloc(POLL_BYTES * fds.length);
        for (const [i, fd] of fds.entries()) {
          all.writeInt32LE(fd, i * POLL_BYTES);
          all.writeInt16LE(POLLIN, i * POLL_BYTES + 4);
        }
        c.poll.async(all, fds.length, ms, done);
      },
      eventfd: () => check(c.eventfd(0, O_CLOEXEC), 'making an eventfd'),
      signal: (fd) => void c.write(fd, new Uint8Array(BigUint64Array.of(1n).buffer), 8),
      close: (fd) => void c.closeFd(fd),
    };
  }

  /** Processors that a per-CPU map has values for. */
  processors(): number {
    return check(this.#c.processors(), 'counting the processors');
  }

  /** A map's memory (ring buffers, BPF_F_MMAPABLE arrays), from an offset in bytes that is a multiple of a page. */
  mapMemory(fd: number, offset: number, bytes: number, writable: boolean): Mapping {
    const PROT_READ = 1;
    const PROT_WRITE = 2;
    const MAP_SHARED = 1;
    const at = this.#c.mmap(
      null,
      bytes,
      writable ? PROT_READ | PROT_WRITE : PROT_READ,
      MAP_SHARED,
      fd,
      offset,
    );
    if (koffi.address(at) === 0xffff_ffff_ffff_ffffn)
      throw new SnoopyError('LIMIT', 'a BPF ring cannot be mapped');
    return { memory: koffi.view(at, bytes), unmap: () => void this.#c.munmap(at, bytes) };
  }
}

/** One object file: its programs and maps. */
export class BpfObject {
  constructor(
    private readonly c: ReturnType<typeof declare>,
    private readonly object: Pointer,
  ) {}

  /** Before load(). */
  resizeMap(name: string, entries: number): void {
    check(this.c.setMaxEntries(this.#map(name), entries), `resizing the map ${name}`);
  }

  /** Before load(): a map of another object takes the place of the one of that name. */
  shareMap(name: string, fd: number): void {
    check(this.c.reuseFd(this.#map(name), fd), `sharing the map ${name}`);
  }

  /** Before load(): sets the first byte of a read-only section. */
  setConstant(section: string, value: number): void {
    const size = Buffer.alloc(8);
    const at = this.c.initialValue(this.#map(section), size) as Pointer;
    if (!at) throw new SnoopyError('INTERNAL', `the section ${section} has no value: build the agent again`);
    new Uint8Array(koffi.view(at, Number(size.readBigUInt64LE())))[0] = value;
  }

  /** Verifies and loads; NOT_ALLOWED or UNSUPPORTED when the kernel refuses. */
  load(): void {
    const result = this.c.load(this.object);
    if (result === -EPERM) {
      throw new SnoopyError(
        'NOT_ALLOWED',
        'loading eBPF programs takes root with SYS_ADMIN (or BPF and PERFMON)',
      );
    }
    check(result, 'the kernel refuses the eBPF programs: loading them', 'UNSUPPORTED');
  }

  mapFd(name: string): number {
    return check(this.c.mapFd(this.#map(name)), `the map ${name}`);
  }

  programFd(name: string): number {
    return check(this.c.programFd(this.#program(name)), `the program ${name}`);
  }

  /** Attaches a tracepoint program where its section says; it goes with the process at the latest. */
  attach(name: string): () => void {
    const link = this.c.attach(this.#program(name));
    if (!link) throw new SnoopyError('UNSUPPORTED', `the kernel does not let ${name} be attached`);
    return () => void this.c.destroyLink(link);
  }

  /** Binds an iterator program (iter/bpf_map_elem) to a map. */
  attachMapIterator(program: string, map: string): MapIterator {
    const info = Buffer.alloc(16);
    info.writeUInt32LE(this.mapFd(map));
    const options = { sz: 24, link_info: info, link_info_len: info.length };
    const link = this.c.attachIterator(this.#program(program), options);
    if (!link) throw new SnoopyError('UNSUPPORTED', `the kernel does not let ${program} read the map ${map}`);
    const linkFd = this.c.linkFd(link);
    return {
      open: () => check(this.c.iterCreate(linkFd), `reading the map ${map}`),
      detach: () => void this.c.destroyLink(link),
    };
  }

  /** An iterator over the kernel's own objects (iter/tcp): the descriptor from which iterators are made. */
  attachObjectIterator(program: string): { readonly linkFd: number; detach(): void } {
    const link = this.c.attachIterator(this.#program(program), null);
    if (!link) throw new SnoopyError('UNSUPPORTED', `the kernel does not let ${program} be attached`);
    return { linkFd: this.c.linkFd(link), detach: () => void this.c.destroyLink(link) };
  }

  /** Frees everything that is not attached. */
  close(): void {
    this.c.close(this.object);
  }

  #map(name: string): Pointer {
    const map = this.c.findMap(this.object, name);
    if (!map) throw new SnoopyError('INTERNAL', `the BPF object has no map ${name}: build the agent again`);
    return map;
  }

  #program(name: string): Pointer {
    const program = this.c.findProgram(this.object, name);
    if (!program)
      throw new SnoopyError('INTERNAL', `the BPF object has no program ${name}: build the agent again`);
    return program;
  }
}

function check(result: number, step: string, code: 'INTERNAL' | 'UNSUPPORTED' = 'INTERNAL'): number {
  if (result < 0) throw new SnoopyError(code, `${step} failed with errno ${-result}`);
  return result;
}

/** Other libraries for C do not have it. */
function glibcOnly<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch {
    return undefined;
  }
}

function declare(bpf: LibraryHandle, libc: LibraryHandle) {
  const iteratorOptions = koffi.struct({ sz: 'size_t', link_info: 'void *', link_info_len: 'uint32_t' });
  return {
    setPrint: bpf.func('void *libbpf_set_print(void *)'),
    openFile: bpf.func('void *bpf_object__open_file(const char *, const void *)'),
    load: bpf.func('int bpf_object__load(void *)'),
    close: bpf.func('void bpf_object__close(void *)'),
    findMap: bpf.func('void *bpf_object__find_map_by_name(void *, const char *)'),
    findProgram: bpf.func('void *bpf_object__find_program_by_name(void *, const char *)'),
    initialValue: bpf.func('void *bpf_map__initial_value(void *, void *)'),
    mapFd: bpf.func('int bpf_map__fd(void *)'),
    setMaxEntries: bpf.func('int bpf_map__set_max_entries(void *, uint32_t)'),
    reuseFd: bpf.func('int bpf_map__reuse_fd(void *, int)'),
    processors: bpf.func('int libbpf_num_possible_cpus()'),
    infoByFd: bpf.func('int bpf_obj_get_info_by_fd(int, void *, void *)'),
    take: bpf.func('int bpf_map_lookup_and_delete_elem(int, const void *, void *)'),
    programFd: bpf.func('int bpf_program__fd(void *)'),
    attach: bpf.func('void *bpf_program__attach(void *)'),
    attachIterator: bpf.func('bpf_program__attach_iter', 'void *', [
      'void *',
      koffi.pointer(iteratorOptions),
    ]),
    linkFd: bpf.func('int bpf_link__fd(void *)'),
    destroyLink: bpf.func('int bpf_link__destroy(void *)'),
    iterCreate: bpf.func('int bpf_iter_create(int)'),
    update: bpf.func('int bpf_map_update_elem(int, const void *, const void *, uint64_t)'),
    lookup: bpf.func('int bpf_map_lookup_elem(int, const void *, void *)'),
    remove: bpf.func('int bpf_map_delete_elem(int, const void *)'),
    trim: glibcOnly(() => libc.func('int malloc_trim(size_t)')),
    mmap: libc.func('void *mmap(void *, size_t, int, int, int, long)'),
    munmap: libc.func('int munmap(void *, size_t)'),
    poll: libc.func('int poll(void *, unsigned long, int)'),
    eventfd: libc.func('int eventfd(unsigned int, int)'),
    write: libc.func('long write(int, const void *, size_t)'),
    closeFd: libc.func('int close(int)'),
  };
}
