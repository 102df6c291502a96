import t from 'tap';
import { parseArguments } from '../../../src/podtracer/arguments.js';
import { catalogue, compose } from '../../../src/podtracer/catalogue/catalogue.js';

/** Each line is refused; the pattern is what the sentence must say. */
const refused: readonly (readonly [string, RegExp])[] = [
  ['tcpdump -z x', /"-z" is refused: it runs a program/],
  ['tcpdump -G 1 -w f -z sh', /"-G" is refused/],
  ['tcpdump -w /tmp/x', /write no files/],
  ['tcpdump -w/tmp/x', /write no files/],
  ['tcpdump -nnw/tmp/x', /write no files/],
  ['tcpdump -w', /needs a value/],
  ['tcpdump -r /etc/passwd', /live packets/],
  ['tcpdump -F /etc/passwd', /reads a file/],
  ['tcpdump -V /etc/passwd', /list of files/],
  ['tcpdump -Z root', /always nobody/],
  ['tcpdump -C 1', /write no files/],
  ['tcpdump -W 1', /write no files/],
  ['tcpdump -E x', /secrets/],
  ['tcpdump -m /x', /reads a file/],
  ['tcpdump --relinquish-privileges=root', /not in the catalogue/],
  ['tcpdump --interf=eth0', /not in the catalogue/],
  ['tcpdump tcp -w/tmp/x', /options come before/],
  ['tcpdump -- -w/tmp/x', /options come before/],
  ["tcpdump 'tcp -w/tmp/x'", /no word in it may begin with -/],
  ['tcpdump -i ../../x', /an interface has/],
  ['tcpdump -i aaaaaaaaaaaaaaaa', /an interface has/],
  ['tcpdump -B 10000000', /from 1 to 65536/],
  ['tcpdump -s -1', /from 0 to 262144/],
  ["tcpdump ''", /it is empty/],
  ['ip netns exec x sh', /another namespace/],
  ['ip -n x addr', /another namespace/],
  ['ip -netns x addr', /another namespace/],
  ['ip -b f', /from a file/],
  ['ip -batch f', /from a file/],
  ['ip --batch f', /from a file/],
  ['ip -ba f', /only what shows/],
  ['ip -force addr', /belongs to -batch/],
  ['ip -all netns exec sh', /other namespaces/],
  ['ip link set eth0 down', /only what shows/],
  ['ip l s eth0', /only what shows/],
  ['ip addr add 1.2.3.4/8 dev eth0', /only what shows/],
  ['ip addr flush dev eth0', /only what shows/],
  ['ip vrf exec x sh', /starts other programs/],
  ['ip xfrm state', /shows keys/],
  ['ip addr show -batch f', /options come before/],
  ['ip monitor file x', /only what shows/],
  ['ip', /say what to show/],
  ['tc qdisc add dev eth0 root netem loss 50%', /only what shows/],
  ['tc -batch f', /from a file/],
  ['tc exec bpf x', /starts other programs/],
  ['tc -cf x qdisc show', /reads a file/],
  ['ss -K', /closes sockets/],
  ['ss -tK', /closes sockets/],
  ['ss --kill', /closes sockets/],
  ['ss -D /tmp/x', /writes a file/],
  ['ss -tD/tmp/x', /writes a file/],
  ['ss -F /etc/passwd', /reads a file/],
  ['ss -N x', /another namespace/],
  ['ss -t dst x -K', /options come before/],
  ['iperf3 -s -D', /run on/],
  ['iperf3 -sD', /run on/],
  ['iperf3 --logfile /x -s', /write no files/],
  ['iperf3 --logf /x -s', /not in the catalogue/],
  ['iperf3 -s -I /x', /write no files/],
  ['iperf3 -c x -F /etc/passwd', /reads or writes a file/],
  ['iperf3 -c x extra', /options alone/],
  ['ping -f x', /flood/],
  ['ping -c 1', /give one host/],
  ['ping a b', /give one host/],
  ['conntrack -D', /say what to show/],
  ['conntrack -L -D', /only what shows/],
  ['conntrack -F', /say what to show/],
  ['conntrack -L -z', /only what shows/],
  ['conntrack -L nat', /the table is/],
  ['ethtool -s eth0 speed 10', /at most one option/],
  ['ethtool -K eth0', /only what shows/],
  ['ethtool -r eth0', /only what shows/],
  ['ethtool', /at most one option/],
  ['nstat -d 1', /run on/],
  ['nstat -r', /writes a file/],
  ['sh -c id', /no tool "sh" is in the catalogue; it has tcpdump/],
  ['/usr/bin/tcpdump -i x', /no tool/],
  ['../tcpdump', /no tool/],
  ['tshark -i x', /its child outlives it/],
  ['constructor', /no tool "constructor" is in the catalogue; it has/],
];

for (const [line, message] of refused) {
  t.test(`${line} is refused`, async (t) => {
    const [tool, ...args] = parseArguments(line);
    t.throws(() => compose({ kind: 'run', tool: tool!, args }), { code: 'BAD_INPUT', message });
  });
}

t.test('every tool refuses control characters and floods of arguments', async (t) => {
  for (const { name } of catalogue) {
    const run = (args: string[]) => () => compose({ kind: 'run', tool: name, args });
    t.throws(run(['a\u001b[2J']), { message: /control characters/ }, name);
    t.throws(run(['a\nb']), { message: /control characters/ }, name);
    t.throws(run(Array(201).fill('a')), { message: /too many arguments/ }, name);
    t.throws(run(['a'.repeat(9_000)]), { message: /too many arguments/ }, name);
  }
});

t.test('an unknown tool’s name is shown without its escape codes', async (t) => {
  t.throws(() => compose({ kind: 'run', tool: '\u001b[2J\u202e', args: [] }), {
    message: /^[^\u001b\u202e]*$/,
  });
});
