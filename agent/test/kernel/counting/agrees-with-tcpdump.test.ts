import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Namespace } from '@snoopy/scripts/rig/netns';
import t from 'tap';
import type { Row } from '../../flow/rows.js';
import { sum, tell, whyNot } from '../kernel-rig.js';
import { Python } from '../python.js';
import { twoPods } from '../two-pods.js';

const skip = whyNot();

/** An independent capture in the same namespace. */
async function capture(namespace: Namespace, file: string): Promise<() => Promise<void>> {
  const child = namespace.spawn('tcpdump', ['-i', 'eth0', '-nn', '-s', '128', '-B', '8192', '-w', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  await once(child.stderr!, 'data');
  return async () => {
    await new Promise((resolve) => setTimeout(resolve, 1_200)); // TPACKET_V3 hands a block over after 1 s at the latest
    child.kill('SIGINT');
    await ended;
  };
}

/** Packets and bytes of a file that match a filter. */
function count(namespace: Namespace, file: string, filter: string): { packets: number; bytes: number } {
  const text = namespace.run('tcpdump', '-r', file, '-nn', '-e', '-t', ...filter.split(' '));
  const lengths = [...text.matchAll(/^.*?\blength (\d+):/gm)].map((match) => Number(match[1]));
  return { packets: lengths.length, bytes: lengths.reduce((total, length) => total + length, 0) };
}

/** ICMPv6 types from 130 on, whose row has `type << 8 | code` as a port: they come at any time. */
function isNeighbourTalk({ protocol, localPort, peerPort }: Row): boolean {
  return (
    protocol === 'icmpv6' &&
    Math.max(localPort & 0xff00, peerPort & 0xff00) >= 130 << 8 &&
    Math.min(localPort, peerPort) === 0
  );
}

const traffic = (v4: string, v6: string): string => `
for host in ('${v4}', '${v6}'):
    u = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, socket.SOCK_DGRAM)
    for i in range(500): u.sendto(b'x' * (i % 1400), (host, 5000))
    for i in range(20): u.sendto(b'x' * 4000, (host, 5001))
    for i in range(30): u.sendto(bytes.fromhex('123401000001000000000000') + bytes([3]) + b'www' + bytes([4]) + b'some' + bytes([0, 0, 1, 0, 1]), (host, 53))
    for i in range(40):
        v = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, socket.SOCK_DGRAM)
        v.sendto(b'', (host, 6000 + i))
# many kernels lack SCTP: its packets are made by hand (RFC 9260, 3.1: ports, tag, checksum; then chunks)
r = socket.socket(socket.AF_INET, socket.SOCK_RAW, 132)
for i in range(50): r.sendto(struct.pack('!HHII', 4000, 5003, 1, 0) + b'z' * i, ('${v4}', 0))
say('sent')
go()
`;

const server = (v4: string, v6: string): string => `
us = []
for host in ('${v4}', '${v6}'):
    for port in (5000, 5001):
        u = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, socket.SOCK_DGRAM)
        u.bind((host, port)); us.append(u)
say('up')
go()
`;

t.test(
  'UDP, SCTP and ICMP: packets and bytes are those of a tcpdump in the same namespace',
  { skip },
  async (t) => {
    const { rig, ...pods } = await twoPods(t);
    const folder = mkdtempSync(join(tmpdir(), 'snoopy-kernel-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const file = (pod: Namespace): string => join(folder, pod.label);
    for (const pod of [pods.server, pods.client]) {
      // every error is sent, not just some
      pod.sysctl('net.ipv4.icmp_ratelimit', 0);
      pod.sysctl('net.ipv6.icmp.ratelimit', 0);
      pod.sysctl('net.ipv4.icmp_msgs_per_sec', 100_000);
      pod.sysctl('net.ipv4.icmp_msgs_burst', 10_000);
    }
    const stops = [
      await capture(pods.server, file(pods.server)),
      await capture(pods.client, file(pods.client)),
    ];
    const s = new Python(pods.server, server(pods.host(4), pods.host(6)));
    await s.next();
    const c = new Python(pods.client, traffic(pods.host(4), pods.host(6)));
    await c.next();
    for (const version of [4, 6])
      pods.client.run('ping', '-q', '-c', '20', '-i', '0.002', pods.host(version));
    for (const stop of stops) await stop();
    rig.readAll();

    for (const pod of [pods.server, pods.client])
      for (const [protocol, name] of [
        ['udp', 'udp'],
        ['sctp', 'sctp'],
        ['icmp', 'icmp'],
        ['icmpv6', 'icmp6 and (ip6[40] == 1 or ip6[40] == 128 or ip6[40] == 129)'],
      ] as const) {
        const rows = rig.of(pod, protocol).filter((row) => !isNeighbourTalk(row));
        // later fragments have no ports and another protocol field in tcpdump's filter language
        const filter = protocol === 'udp' ? 'udp or (ip[6:2] & 0x1fff != 0) or ip6 proto 44' : name;
        const seen = count(pod, file(pod), filter);
        const packets = sum(rows, 'sent', 'packets') + sum(rows, 'received', 'packets');
        const bytes = sum(rows, 'sent', 'bytes') + sum(rows, 'received', 'bytes');
        t.same({ packets, bytes }, seen, `${pod.label} ${protocol}`);
        t.ok(seen.packets > 0, `${seen.packets} packets`);
      }
    const questions = rig.of(pods.client, 'udp').flatMap((row) => row.dns);
    t.ok(
      questions.every(({ name }) => name === 'www.some'),
      tell(rig.rows),
    );
    const failed = rig.of(pods.client, 'udp').filter((row) => row.outcome === 'unreachable' && row.final);
    t.equal(failed.filter((row) => row.peerPort >= 6_000).length, 80, 'each closed port is unreachable once');
    t.same(rig.lost, {});
  },
);
