import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Libbpf } from '../../../src/kernel/libbpf.js';
import { NetworkSyscalls } from '../../../src/kernel/network-syscalls.js';
import { VisitorWork } from '../../../src/kernel/visitor-work.js';
import { sum, tell, whyNot } from '../kernel-rig.js';
import { Python } from '../python.js';
import { twoPods } from '../two-pods.js';

/** What others run: a TCX program and one at our tracepoint that count, and a socket load balancer's rewrite. */
const others = (service: string, backend: string): string => `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
char LICENSE[] SEC("license") = "GPL";
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 2); __type(key, __u32); __type(value, __u64); } seen SEC(".maps");
static void count(__u32 i) { __u64 *n = bpf_map_lookup_elem(&seen, &i); if (n) __sync_fetch_and_add(n, 1); }
SEC("tc") int other_packets(void *ctx) { count(0); return -1; }
SEC("raw_tracepoint/inet_sock_set_state") int other_states(void *ctx) { count(1); return 0; }
SEC("cgroup/connect4") int other_connect(struct bpf_sock_addr *ctx) {
  if (ctx->user_ip4 == bpf_htonl(${service})) { ctx->user_ip4 = bpf_htonl(${backend}); ctx->user_port = bpf_htons(8080); }
  return 1;
}
`;
const word = (address: string): string =>
  `0x${address
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join('')}`;

/** Why others' programs cannot be made on this machine. */
function cannot(): string | false {
  try {
    execFileSync('clang', ['--version'], { stdio: 'ignore' });
    execFileSync('bpftool', ['version'], { stdio: 'ignore', env });
    return false;
  } catch {
    return 'clang and bpftool make the other programs';
  }
}
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };

t.test(
  "a CNI's socket load balancer and other observers: theirs and ours both work",
  { skip: whyNot() || cannot() },
  async (t) => {
    const { rig, server, client, host } = await twoPods(t);
    const folder = mkdtempSync(join(tmpdir(), 'snoopy-others-'));
    const cgroups = join(folder, 'cgroups');
    const mine = join(cgroups, 'snoopy-test');
    mkdirSync(cgroups);
    execFileSync('mount', ['-t', 'cgroup2', 'none', cgroups]);
    mkdirSync(mine);
    const source = join(folder, 'others.c');
    writeFileSync(source, others(word('10.96.0.1'), word(host(4))));
    const machine = execFileSync('uname', ['-m'], { encoding: 'utf8' }).trim();
    const include = `-I/usr/include/${machine}-linux-gnu`;
    const object = join(folder, 'others.o');
    execFileSync('clang', ['-O2', '-g', '-target', 'bpf', include, '-c', source, '-o', object]);
    const bpf = new Libbpf();
    const programs = bpf.open(object);
    programs.load();
    const detach = programs.attach('other_states');
    const fd = programs.programFd('other_packets');
    const pair = { ingress: fd, egress: fd };
    const work = new VisitorWork(new NetworkSyscalls(), {
      ethernet: pair,
      raw: pair,
      loopback: pair,
      adoptLink: -1,
      clsact: false,
    });
    const { links } = work.attach(openSync(client.path, 'r'), 'eth0', 'ethernet');
    const id = /prog_id:\s*(\d+)/.exec(
      readFileSync(`/proc/self/fdinfo/${programs.programFd('other_connect')}`, 'utf8'),
    )![1]!;
    execFileSync('bpftool', ['cgroup', 'attach', mine, 'connect4', 'id', id], { env });
    t.teardown(() => {
      work.detach(links);
      detach();
      programs.close();
      rmdirSync(mine);
      execFileSync('umount', [cgroups]);
      rmSync(folder, { recursive: true });
    });
    const s = new Python(
      server,
      `l = serve('${host(4)}', 8080)\nsay('up')\nc, _ = l.accept()\nread(c, 500); c.close()\nsay('over')\ngo()`,
    );
    await s.next();
    const c = new Python(
      client,
      `open('${mine}/cgroup.procs', 'w').write(str(os.getpid()))\nc = tcp('10.96.0.1'); c.connect(('10.96.0.1', 80)); c.sendall(b'x' * 500); read(c, 1); c.close()\nopen('${cgroups}/cgroup.procs', 'w').write(str(os.getpid()))\nsay('over')\ngo()`,
    );
    await c.next();
    await rig.until('both ends', (rows) => rows.filter((row) => row.closed === 'fin').length === 2);
    rig.readAll();
    const rows = rig.of(client);
    t.equal(rows[0]!.peer, host(4), `as it goes on the wire\n${tell(rows)}`);
    t.equal(rows[0]!.peerPort, 8080);
    t.equal(sum(rows, 'sent', 'payload'), 500);
    t.equal(sum(rig.of(server), 'received', 'payload'), 500);
    const seen = (index: number): number => {
      const value = new BigUint64Array(1);
      bpf.readMap(programs.mapFd('seen'), Uint8Array.of(index, 0, 0, 0), new Uint8Array(value.buffer));
      return Number(value[0]);
    };
    t.ok(seen(0) >= 7, `the other TCX program saw ${seen(0)} packets`);
    t.ok(seen(1) >= 8, `the other program at the tracepoint saw ${seen(1)} changes of state`);
    t.same(rig.lost, {});
  },
);
