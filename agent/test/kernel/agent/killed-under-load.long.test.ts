/* About 80 s. */
import { Net } from '@snoopy/scripts/rig/netns';
import t from 'tap';
import { AgentProcess, listed } from '../../fakes/agent-process.js';
import { FakeAggregator, until } from '../../fakes/aggregator.js';
import { heldBy, stillThere } from '../bpftool.js';
import { whyNot } from '../kernel-rig.js';
import { Python } from '../python.js';

const skip = whyNot();
const TIMES = 50;

t.test(
  `SIGKILL under load, ${TIMES} times: nothing of the agent stays in the kernel`,
  { skip, timeout: 400_000 },
  async (t) => {
    const net = new Net();
    const bridge = net.bridge();
    const pods = ['server', 'client'].map((label) => bridge.join(net.namespace(label)));
    const [server, client] = pods as [(typeof pods)[0], (typeof pods)[0]];
    const aggregator = new FakeAggregator();
    aggregator.keepRows = false;
    await aggregator.start();
    const agent = new AgentProcess();
    t.teardown(async () => {
      await agent.stop();
      aggregator.stop();
      net.close();
    });
    const s = new Python(
      server,
      `l = serve('${bridge.v4(server)}', 80)\nsay('up')\nwhile 1: l.accept()[0].close()`,
    );
    await s.next();
    new Python(
      client,
      `u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nwhile 1:\n    dial('${bridge.v4(server)}', 80).close()\n    u.sendto(b'x', ('${bridge.v4(server)}', 5000))`,
    );
    agent.list(pods.map((pod) => listed(pod)));
    let clean = 0;
    for (let i = 0; i < TIMES; i++) {
      agent.start(aggregator.address, '--flows', 'kernel');
      const seen = aggregator.batches.length;
      await until('rows come', () => aggregator.batches.length > seen, 20);
      const held = heldBy(agent.pid);
      agent.kill('SIGKILL');
      await agent.exit();
      await until('the kernel has none of it', () => stillThere(held).length === 0);
      if (held.length > 10) clean++;
    }
    t.equal(clean, TIMES);
  },
);
