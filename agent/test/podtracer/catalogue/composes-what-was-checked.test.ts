import t from 'tap';
import { parseArguments } from '../../../src/podtracer/arguments.js';
import { compose } from '../../../src/podtracer/catalogue/catalogue.js';

const composed = (line: string): string => {
  const [tool, ...args] = parseArguments(line);
  return compose({ kind: 'run', tool: tool!, args }).args.join(' ');
};

t.test('options are spelled one by one, and the filter stands behind --', async (t) => {
  t.equal(composed('tcpdump -nni eth0 -c5 tcp port 80'), '-n -l -n -n -i eth0 -c 5 -- tcp port 80');
  t.equal(composed('tcpdump -i eth0 -w - --snapshot-length 96'), '-n -i eth0 -w - --snapshot-length=96');
  t.equal(composed("tcpdump -ieth0 -w- 'udp and port 53'"), '-n -i eth0 -w - -- udp and port 53');
  t.equal(composed('ss -tinp state established'), '-t -i -n -p -- state established');
  t.equal(composed('ip -s -j link show dev eth0'), '-s -j link show dev eth0');
  t.equal(composed('ip route get 10.0.0.1'), 'route get 10.0.0.1');
  t.equal(composed('tc -s qdisc show dev eth0'), '-s qdisc show dev eth0');
  t.equal(composed('iperf3 -c 10.0.0.1 -t 5 --json'), '-c 10.0.0.1 -t 5 --json');
  t.equal(composed('ping -c3 10.0.0.1'), '-n -c 3 -- 10.0.0.1');
  t.equal(composed('conntrack -L conntrack -p tcp --dport 80'), '-L conntrack -p tcp --dport=80');
  t.equal(composed('ethtool -S eth0'), '-S eth0');
  t.equal(composed('nstat -z TcpExt*'), '-a -s -z -- TcpExt*');
});

t.test('each tool gets the one capability that it needs, or none', async (t) => {
  const capabilities = (tool: string, ...args: string[]) => compose({ kind: 'run', tool, args }).capabilities;
  t.same(capabilities('tcpdump', '-i', 'eth0'), ['net_raw']);
  t.same(capabilities('ping', 'x'), ['net_raw']);
  t.same(capabilities('conntrack', '-L'), ['net_admin']);
  t.same(capabilities('ss', '-t'), []);
  t.same(capabilities('ip', 'addr'), []);
  t.same(capabilities('tc', 'qdisc'), []);
  t.same(capabilities('iperf3', '-s'), []);
});

const request = {
  kind: 'capture',
  interface: 'eth0',
  snaplen: 384,
  ringKiB: 2_048,
  nanoseconds: true,
  filter: '',
} as const;

t.test('a capture is composed from typed fields', async (t) => {
  t.equal(compose(request).args.join(' '), '-i eth0 -p -nn -s 384 -B 2048 -w - --nano');
  const more = { ...request, nanoseconds: false, filter: 'tcp or udp', everyPacket: true, maxPackets: 7 };
  t.equal(compose(more).args.join(' '), '-i eth0 -p -nn -s 384 -B 2048 -w - -U -c 7 -- tcp or udp');
  for (const bad of [
    { interface: '-w' },
    { interface: 'a b' },
    { interface: '' },
    { snaplen: -1 },
    { snaplen: Number.NaN },
    { ringKiB: 1e9 },
    { ringKiB: 0.5 },
    { maxPackets: 0 },
    { filter: '-w/x' },
    { filter: ' ' },
    { filter: `tcp${' or tcp'.repeat(200)}` },
    { filter: 'tcp\nudp' },
  ]) {
    t.throws(() => compose({ ...request, ...bad }), { code: 'BAD_INPUT' }, JSON.stringify(bad));
  }
});
