import koffi, { type LibraryHandle } from 'koffi';
import { VisitError } from './visit-error.js';

/**
 * Programs attached with tc's clsact, for kernels without TCX (before 6.6), on interfaces of the namespace that the
 * thread is in. Other than links, filters stay when the agent is killed. So each has our own preference and handle, is
 * taken for ours only if its program has one of our names too, and is removed or replaced by the next agent. The qdisc
 * is removed with the last filter, if an agent made it: the handle says so.
 *
 * Through libbpf (bpf/libbpf.h, bpf_tc_*) and rtnetlink (rtnetlink(7), include/uapi/linux/pkt_sched.h).
 */

/** Filters with a lower one come first; ours let the next decide. */
const PREFERENCE = 2;
/** In a qdisc that was there already; in one that an agent made. */
const HANDLES = { found: 0x736e_6f01, made: 0x736e_6f02 } as const;
const NAMES = /^snoopy_(ingress|egress|in_raw|out_raw|lo)$/;

/** enum bpf_tc_attach_point; parents of filters in clsact. */
const INGRESS = 1;
const EGRESS = 2;
const PARENTS: Readonly<Record<number, number>> = { [INGRESS]: 0xffff_fff2, [EGRESS]: 0xffff_fff3 };
const REPLACE = 1;
const EEXIST = -17;

/** Sizes of struct bpf_tc_hook and struct bpf_tc_opts, and offsets in the latter and in struct bpf_prog_info. */
const HOOK_BYTES = 24;
const OPTIONS_BYTES = 32;
const OPTION_PROGRAM = 16;
const INFO_BYTES = 128;
const INFO_NAME = 64;

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const RTM_GETTFILTER = 46;
const RTM_NEWTFILTER = 44;
const REQUEST_DUMP = 0x301;

export interface FilterPrograms {
  readonly ingress: number;
  readonly egress?: number;
}

export class TcFilters {
  readonly #c = declare(koffi.load('libbpf.so.1'), koffi.load('libc.so.6'));

  /** Attaches; what an agent left there is replaced. @param index of the interface */
  attach(index: number, programs: FilterPrograms): void {
    this.remove(index);
    const created = this.#c.create(hook(index, INGRESS | EGRESS));
    if (created < 0 && created !== EEXIST) fail('making a clsact qdisc', created);
    const handle = created === EEXIST ? HANDLES.found : HANDLES.made;
    this.#add(index, INGRESS, programs.ingress, handle);
    if (programs.egress === undefined) return;
    try {
      this.#add(index, EGRESS, programs.egress, handle);
    } catch (error) {
      this.remove(index);
      throw error;
    }
  }

  /** Whether our filter is on the interface. */
  has(index: number): boolean {
    return Object.values(HANDLES).some((handle) => this.#isOurs(index, INGRESS, handle));
  }

  /** Removes what is ours, and the qdisc if it was made for it and nobody else uses it. */
  remove(index: number): void {
    let made = false;
    for (const handle of Object.values(HANDLES)) {
      for (const point of [INGRESS, EGRESS]) {
        if (!this.#isOurs(index, point, handle)) continue;
        this.#c.detach(hook(index, point), options({ handle }));
        if (handle === HANDLES.made) made = true;
      }
    }
    const empty = made && [INGRESS, EGRESS].every((point) => this.#filters(index, point) === 0);
    if (empty) this.#c.destroy(hook(index, INGRESS | EGRESS));
  }

  #add(index: number, point: number, program: number, handle: number): void {
    const result = this.#c.attach(hook(index, point), options({ handle, program, flags: REPLACE }));
    if (result < 0) fail('attaching with tc', result);
  }

  #isOurs(index: number, point: number, handle: number): boolean {
    const answer = options({ handle });
    if (this.#c.query(hook(index, point), answer) < 0) return false;
    const fd = this.#c.programById(answer.readUInt32LE(OPTION_PROGRAM));
    if (fd < 0) return false;
    const info = Buffer.alloc(INFO_BYTES);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(INFO_BYTES);
    const result = this.#c.infoByFd(fd, info, length);
    this.#c.close(fd);
    const name = info.toString('latin1', INFO_NAME, INFO_NAME + 16).replace(/\0.*/, '');
    return result === 0 && NAMES.test(name);
  }

  /** How many filters there are, whoever's; -1 if that cannot be told. */
  #filters(index: number, point: number): number {
    const socket = this.#c.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, 0);
    if (socket < 0) return -1;
    try {
      const request = Buffer.alloc(36);
      request.writeUInt32LE(request.length, 0);
      request.writeUInt16LE(RTM_GETTFILTER, 4);
      request.writeUInt16LE(REQUEST_DUMP, 6);
      request.writeInt32LE(index, 20);
      request.writeUInt32LE(PARENTS[point]!, 28);
      if (Number(this.#c.send(socket, request, request.length, 0)) < 0) return -1;
      const answer = Buffer.alloc(16 << 10);
      const length = Number(this.#c.recv(socket, answer, answer.length, 0));
      return length < 0 ? -1 : messages(answer.subarray(0, length), RTM_NEWTFILTER);
    } finally {
      this.#c.close(socket);
    }
  }
}

/** Netlink messages of that type in the first part of an answer: one is enough to know. */
function messages(answer: Buffer, type: number): number {
  let found = 0;
  for (let at = 0; at + 16 <= answer.length; ) {
    const length = answer.readUInt32LE(at);
    if (length < 16) break;
    if (answer.readUInt16LE(at + 4) === type) found++;
    at += (length + 3) & ~3;
  }
  return found;
}

function hook(index: number, point: number): Buffer {
  const bytes = Buffer.alloc(HOOK_BYTES);
  bytes.writeBigUInt64LE(BigInt(HOOK_BYTES), 0);
  bytes.writeInt32LE(index, 8);
  bytes.writeInt32LE(point, 12);
  return bytes;
}

function options({ handle, program = 0, flags = 0 }: { handle: number; program?: number; flags?: number }) {
  const bytes = Buffer.alloc(OPTIONS_BYTES);
  bytes.writeBigUInt64LE(BigInt(OPTIONS_BYTES), 0);
  bytes.writeInt32LE(program, 8);
  bytes.writeUInt32LE(flags, 12);
  bytes.writeUInt32LE(handle, 20);
  bytes.writeUInt32LE(PREFERENCE, 24);
  return bytes;
}

function fail(step: string, result: number): never {
  throw new VisitError('INTERNAL', `${step} failed with errno ${-result}`);
}

function declare(bpf: LibraryHandle, libc: LibraryHandle) {
  bpf.func('void *libbpf_set_print(void *)')(null);
  return {
    create: bpf.func('int bpf_tc_hook_create(void *)'),
    destroy: bpf.func('int bpf_tc_hook_destroy(void *)'),
    attach: bpf.func('int bpf_tc_attach(const void *, void *)'),
    detach: bpf.func('int bpf_tc_detach(const void *, const void *)'),
    query: bpf.func('int bpf_tc_query(const void *, void *)'),
    programById: bpf.func('int bpf_prog_get_fd_by_id(uint32_t)'),
    infoByFd: bpf.func('int bpf_obj_get_info_by_fd(int, void *, void *)'),
    socket: libc.func('int socket(int, int, int)'),
    send: libc.func('long send(int, const void *, size_t, int)'),
    recv: libc.func('long recv(int, void *, size_t, int)'),
    close: libc.func('int close(int)'),
  };
}
