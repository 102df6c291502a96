import { fileURLToPath } from 'node:url';
import { type Namespace, Net } from '@snoopy/scripts/rig/netns';
import t from 'tap';
import { AgentProcess, listed } from '../../fakes/agent-process.js';
import { FakeAggregator, until } from '../../fakes/aggregator.js';
import { whyNot } from '../kernel-rig.js';

const skip = whyNot();
const objects = fileURLToPath(new URL('../../../bpf', import.meta.url));

/** Lets no bpf(2) through, as runtimes' default seccomp profiles do, and becomes what its arguments say. */
const noBpf = `
import ctypes, os, platform, struct, sys
number = 321 if platform.machine() == 'x86_64' else 280
code = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7fff0000)]
filters = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *one) for one in code))
program = ctypes.create_string_buffer(struct.pack('HxxxxxxQ', len(code), ctypes.addressof(filters)))
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
if ctypes.CDLL(None).prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0): sys.exit('prctl failed')
os.execv(sys.argv[1], sys.argv[1:])
`;

/** Hides the programs' objects from what it becomes. */
const noObjects = `mount -t tmpfs none ${objects} && exec "$0" "$@"`;

const worlds = [
  { what: 'bpf(2) is not allowed', command: ['python3', '-c', noBpf], says: /takes root with SYS_ADMIN/ },
  {
    what: 'the objects are missing',
    command: ['unshare', '--mount', '--propagation', 'slave', 'sh', '-c', noObjects],
    says: /programs were not built .* install clang/,
  },
] as const;

function connect(client: Namespace, server: Namespace, host: string): void {
  server.spawn('busybox', ['nc', '-l', '-p', '80', '-e', 'echo', 'hello']);
  client.spawn('sh', ['-c', `until busybox nc ${host} 80 </dev/null | grep -q hello; do sleep 0.05; done`]);
}

for (const { what, command, says } of worlds) {
  t.test(`${what}: with --flows auto packets are counted, and it says why`, { skip }, async (t) => {
    const net = new Net();
    const bridge = net.bridge();
    const web = bridge.join(net.namespace('web'));
    const client = bridge.join(net.namespace('client'));
    const aggregator = new FakeAggregator();
    await aggregator.start();
    const agent = new AgentProcess();
    t.teardown(async () => {
      await agent.stop();
      aggregator.stop();
      net.close();
    });
    agent.list([listed(web), listed(client)]);
    agent.startUnder(command, aggregator.address, '--flows', 'auto');
    await until('both are watched', () =>
      ['web', 'client'].every((name) => aggregator.pods.get(`uid-${name}`)?.interfaces.join() === 'eth0'),
    );
    await until('it has reported', () => aggregator.reports.length > 0);
    const { countedBy } = aggregator.reports.at(-1)!;
    t.match(countedBy, /^packets: --flows auto, and the kernel cannot: /);
    t.match(countedBy, says);
    t.equal(agent.logged('how flows are counted'), 1);
    connect(client, web, bridge.v4(web));
    await until('both ends of a connection', () =>
      ['web', 'client'].every((name) =>
        aggregator.rows.some(
          ({ pod, protocol, sentBytes }) => pod === name && protocol === 6 && sentBytes > 0,
        ),
      ),
    );
  });

  t.test(`${what}: with --flows kernel it does not start, and says why`, { skip }, async (t) => {
    const agent = new AgentProcess();
    t.teardown(() => agent.stop());
    agent.list([]);
    agent.startUnder(command, '127.0.0.1:1', '--flows', 'kernel');
    await agent.exit();
    t.equal(await agent.stop(), 1);
    t.match(agent.stderr, says);
  });
}
