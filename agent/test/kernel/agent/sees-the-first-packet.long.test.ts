/* About 30 s; longer on a busy machine. */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { FlowState, Protocol } from '@snoopy/proto';
import { ContainerdRig } from '@snoopy/scripts/rig/containerd';
import t from 'tap';
import { AgentProcess } from '../../fakes/agent-process.js';
import { FakeAggregator, type Row, until } from '../../fakes/aggregator.js';
import { whyNot } from '../kernel-rig.js';

const skip = whyNot();
const PODS = 100;
/** Of the runtime at the same time. */
const AT_ONCE = 4;
const PORT = 7_000;

t.test(
  `${PODS} pods whose only container lives 200 ms and makes one DNS lookup and one connection: all are told`,
  { skip, timeout: 400_000 },
  async (t) => {
    const rig = await ContainerdRig.start('snoopy-first');
    const host = `${rig.network.prefix}.1`;
    const aggregator = new FakeAggregator();
    await aggregator.start();
    const agent = new AgentProcess();
    const web = createServer((socket) => socket.on('error', () => {}).end('hello\n')).listen(PORT, host);
    const dns = createSocket('udp4');
    dns.on('message', (question, { address, port }) => dns.send(answerTo(question), port, address));
    await new Promise<void>((resolve) => dns.bind(53, host, resolve));
    t.teardown(async () => {
      web.close();
      dns.close();
      await agent.stop();
      aggregator.stop();
      await rig.stop();
    });
    // Where this runtime keeps its namespaces is known from the first pod on.
    const first = await rig.runPod({ name: 'first' });
    agent.start(aggregator.address, '--flows', 'kernel', '--pods', `cri:${rig.socket}`);
    await until(
      'the first is watched',
      () => aggregator.pods.get(first.uid)?.state === 'WATCH_STATE_WATCHED',
      20,
    );

    const script = `nslookup shop.test ${host} >/dev/null; nc ${host} ${PORT} </dev/null >/dev/null; usleep 150000`;
    let next = 0;
    const names: string[] = [];
    const worker = async (): Promise<void> => {
      while (next < PODS) {
        const pod = await rig.runPod({ name: `job-${next++}` });
        names.push(pod.name);
        await rig.runContainer(pod, 'main', ['sh', '-c', script]);
        await new Promise((resolve) => setTimeout(resolve, 400));
        await rig.deletePod(pod).catch(() => rig.deletePod(pod)); // its container may be ending just then
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));

    const of = (name: string, matches: (row: Row) => boolean): boolean =>
      aggregator.rows.some((row) => row.pod === name && matches(row));
    const connected = (name: string): boolean =>
      of(
        name,
        ({ protocol, peer, state }) =>
          protocol === Protocol.tcp && peer === `${host}:${PORT}` && (state & FlowState.outcomeFinal) !== 0,
      );
    const asked = (name: string): boolean =>
      of(name, ({ protocol, peer }) => protocol === Protocol.udp && peer === `${host}:53`);
    await until('the last is told', () => names.every((name) => connected(name) && asked(name)), 10).catch(
      () => {},
    );
    t.equal(names.filter(connected).length, PODS, 'connections');
    t.equal(names.filter(asked).length, PODS, 'questions');
    t.equal(agent.logged('"level":50'), 0, agent.stderr);
  },
);

/** The question with an answer: 10.9.9.9. */
function answerTo(question: Buffer): Buffer {
  const answer = Buffer.from('c00c00010001000000 3c00040a090909'.replace(' ', ''), 'hex');
  const whole = Buffer.concat([question, answer]);
  whole.writeUInt16BE(0x8180, 2);
  whole.writeUInt16BE(1, 6);
  return whole;
}
