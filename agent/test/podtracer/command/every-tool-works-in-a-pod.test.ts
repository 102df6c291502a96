import { execFileSync } from 'node:child_process';
import t from 'tap';
import { NetnsSource } from '../../../src/pods/netns-source.js';
import { parseArguments } from '../../../src/podtracer/arguments.js';
import { compose } from '../../../src/podtracer/catalogue/catalogue.js';
import { createPodtracer } from '../../../src/podtracer/create-podtracer.js';
import { eventually } from '../../eventually.js';
import { twoPods } from '../two-pods.js';

const { source, client, webAddress, close } = twoPods();
t.teardown(close);
const pods = new NetnsSource(source.replace('netns:', ''));
const podtracer = createPodtracer(pods);
const list = await pods.list();
const target = await podtracer.resolve(list.find(({ name }) => name === 'web-0')!);
t.teardown(() => target.close());

async function run(line: string): Promise<{ code: number | null; text: string }> {
  let text = '';
  const [tool, ...args] = parseArguments(line);
  const onData = (chunk: Uint8Array): void => {
    text += Buffer.from(chunk).toString();
  };
  const end = await podtracer.spawn(target, { kind: 'run', tool: tool!, args }, { onData }).ended;
  return { code: end.code, text: text + end.lastLines.join('\n') };
}

const lines: readonly (readonly [string, RegExp])[] = [
  ['ip -j -4 addr show dev eth0', new RegExp(`"local":"${webAddress.replaceAll('.', '\\.')}"`)],
  ['ip route get 10.77.0.99', /10\.77\.0\.99 dev eth0/],
  ['ip -6 neigh', /|/],
  ['ss -tunapie', /Netid/],
  ['ss -s', /Total:/],
  ['tc -s qdisc show dev eth0', /qdisc \w+ 0:/],
  ['ping -c 1 -W 2 127.0.0.1', /1 received/],
  ['conntrack -C', /^\d+/],
  ['conntrack -L conntrack -p tcp', /flow entries have been shown/],
  ['ethtool -k eth0', /rx-checksumming/],
  ['ethtool -i eth0', /driver: veth/],
  ['nstat -z TcpExt*', /TcpExtSyncookiesSent/],
  ['tcpdump -D', /eth0/],
  ["tcpdump -d -i eth0 'udp port 53'", /ret/],
];

for (const [line, output] of lines) {
  t.test(line, async (t) => {
    const { code, text } = await run(line);
    t.equal(code, 0, text);
    t.match(text, output);
  });
}

t.test('iperf3 measures between two pods', async (t) => {
  const { args } = compose({ kind: 'run', tool: 'iperf3', args: ['-s', '-1'] });
  const server = client.spawn('iperf3', args, { stdio: 'ignore' });
  const address = JSON.parse(client.run('ip', '-j', '-4', 'addr', 'show', 'eth0'))[0].addr_info[0].local;
  await eventually(() => client.run('ss', '-tln').includes(':5201'));
  const { code, text } = await run(`iperf3 -c ${address} -n 1M --json`);
  t.equal(code, 0, text);
  t.ok(JSON.parse(text).end.sum_sent.bytes >= 1 << 20);
  server.kill();
});

t.test('nothing in the machine’s temporary folder is left by them', async (t) => {
  t.notMatch(execFileSync('ls', ['-a', '/tmp'], { encoding: 'utf8' }), /\.nstat|iperf3\./);
});
