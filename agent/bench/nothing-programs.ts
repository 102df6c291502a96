import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Namespace } from '@snoopy/scripts/rig/netns';
import koffi from 'koffi';
import { NetworkSyscalls } from '../src/kernel/network-syscalls.js';
import { VisitorWork } from '../src/kernel/visitor-work.js';

/** include/uapi/linux/bpf.h: BPF_PROG_TYPE_SCHED_CLS. */
const SCHED_CLS = 3;
/** r0 = -1 (TCX_NEXT); exit */
const CODE = Buffer.from('b7000000ffffffff9500000000000000', 'hex');

/** Programs that do nothing, on an interface beside others: what the kernel says of their run time is what its bookkeeping takes. */
export class NothingPrograms {
  readonly #fds = new Map<string, number>();
  readonly #detach: () => void;

  constructor(namespace: Namespace) {
    const load = koffi
      .load('libbpf.so.1')
      .func('int bpf_prog_load(int, const char *, const char *, const void *, size_t, const void *)');
    for (const hook of ['ingress', 'egress']) {
      const fd = load(SCHED_CLS, `nothing_${hook}`, 'GPL', CODE, CODE.length / 8, null) as number;
      if (fd < 0) throw new Error(`a program that does nothing was not loaded: errno ${-fd}`);
      this.#fds.set(hook, fd);
    }
    const pair = { ingress: this.#fds.get('ingress')!, egress: this.#fds.get('egress')! };
    const programs = { ethernet: pair, raw: pair, loopback: pair, adoptLink: -1, clsact: false };
    const visits = new VisitorWork(new NetworkSyscalls(), programs);
    const netns = openSync(namespace.path, 'r');
    const { links } = visits.attach(netns, 'eth0', 'ethernet');
    closeSync(netns);
    this.#detach = () => visits.detach(links);
  }

  stats(): Map<string, { runs: number; ns: number }> {
    return new Map(
      [...this.#fds].map(([hook, fd]) => {
        const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
        const field = (key: string): number =>
          Number(new RegExp(`^${key}:\\s*(\\d+)`, 'm').exec(info)?.[1] ?? 0);
        return [hook, { runs: field('run_cnt'), ns: field('run_time_ns') }];
      }),
    );
  }

  end(): void {
    this.#detach();
    for (const fd of this.#fds.values()) closeSync(fd);
  }
}
