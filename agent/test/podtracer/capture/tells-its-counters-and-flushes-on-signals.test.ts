import t from 'tap';
import { NetnsSource } from '../../../src/pods/netns-source.js';
import { createPodtracer } from '../../../src/podtracer/create-podtracer.js';
import { eventually } from '../../eventually.js';
import { twoPods } from '../two-pods.js';

const { source, web, client, webAddress, close } = twoPods();
t.teardown(close);
const pods = new NetnsSource(source.replace('netns:', ''));
const podtracer = createPodtracer(pods);

t.test(
  'a capture’s packets come at SIGUSR2, its counters at SIGUSR1 and at the end, and they agree',
  async (t) => {
    const target = await podtracer.resolve((await pods.list()).find(({ name }) => name === 'web-0')!);
    t.teardown(() => target.close());
    const lines: string[] = [];
    const chunks: Buffer[] = [];
    const request = {
      kind: 'capture',
      interface: 'eth0',
      snaplen: 96,
      ringKiB: 2_048,
      nanoseconds: true,
      filter: 'udp port 9',
    } as const;
    const tool = podtracer.spawn(target, request, {
      onData: (chunk) => chunks.push(Buffer.from(chunk)),
      onLine: (line) => lines.push(line),
    });
    await eventually(() => lines.some((line) => line.includes('listening on eth0')));
    t.notMatch(web.run('ip', 'link', 'show', 'eth0'), /PROMISC/, 'the pod’s interface is left as it is');
    client.run('bash', '-c', `for i in {1..50}; do echo $i >/dev/udp/${webAddress}/9 || true; done`);
    const pcap = (): Buffer => Buffer.concat(chunks);
    await eventually(() => {
      tool.signal('SIGUSR2');
      return packets(pcap()) === 50;
    });
    tool.signal('SIGUSR1');
    const counters = /50 packets captured, \d+ packets received by filter, 0 packets dropped by kernel/;
    await eventually(() => lines.some((line) => counters.test(line)));
    const end = await tool.stop();
    t.match(end, { code: 0, cancelled: true, stdoutBytes: pcap().length });
    t.ok(end.lastLines.includes('50 packets captured'));
    t.equal(pcap().readUInt32LE(0), 0xa1b23c4d, 'nanoseconds');
    t.equal(packets(pcap()), 50);
  },
);

/** Whole packets in the part of a pcap stream that has come. */
function packets(pcap: Buffer): number {
  let count = 0;
  for (let at = 24; at + 16 <= pcap.length; count++) {
    at += 16 + pcap.readUInt32LE(at + 8);
    if (at > pcap.length) return count;
  }
  return count;
}
