import type { ControlRequestMessage, PodMessage } from '@snoopy/proto';
import t from 'tap';
import { ControlSender } from '../../../src/uplink/control-sender.js';
import { FakeStream } from '../../fakes/message-stream.js';

const pod = (uid: string, reason = ''): PodMessage => ({ uid, namespace: 'shop', name: uid, reason });

t.test('the whole list first, then differences, after a reconnect the whole list again', async (t) => {
  const sender = new ControlSender();
  sender.pods([pod('a'), pod('b')]);
  const stream = new FakeStream<ControlRequestMessage>();
  sender.attach(stream);
  t.same(stream.messages, [{ pods: { full: true, pods: [pod('a'), pod('b')], removed: [] } }]);
  sender.pods([pod('a'), pod('b')]);
  t.equal(stream.messages.length, 1, 'nothing new, nothing said');
  sender.pods([pod('a', 'x'), pod('c')]);
  t.same(stream.messages[1], { pods: { full: false, pods: [pod('a', 'x'), pod('c')], removed: ['b'] } });
  sender.detach();
  const again = new FakeStream<ControlRequestMessage>();
  sender.attach(again);
  t.same(again.messages, [{ pods: { full: true, pods: [pod('a', 'x'), pod('c')], removed: [] } }]);
});

t.test('an empty node says so', async (t) => {
  const stream = new FakeStream<ControlRequestMessage>();
  new ControlSender().attach(stream);
  t.same(stream.messages, [{ pods: { full: true, pods: [], removed: [] } }]);
});

t.test('a thousand pods come in several messages', async (t) => {
  const sender = new ControlSender();
  sender.pods(Array.from({ length: 1_200 }, (_, i) => pod(`p${i}`)));
  const stream = new FakeStream<ControlRequestMessage>();
  sender.attach(stream);
  t.same(
    stream.messages.map((one) => [one.pods!.full, one.pods!.pods!.length]),
    [
      [true, 500],
      [false, 500],
      [false, 200],
    ],
  );
});

t.test('while nobody reads, only the newest of everything is kept', async (t) => {
  const sender = new ControlSender();
  const stream = new FakeStream<ControlRequestMessage>(1);
  sender.attach(stream); // its first message fills it
  for (let i = 0; i < 1_000; i++) {
    sender.report(() => ({ rowsSeen: i }));
    sender.task({ id: `t${i % 3}`, targets: [{ packets: i }] });
    sender.clock({ id: i });
    sender.pods([pod('a', `${i}`)]);
  }
  t.equal(stream.messages.length, 1);
  stream.drain(Number.POSITIVE_INFINITY);
  const said = stream.messages.slice(1);
  t.equal(said.length, 5);
  t.equal(said.find((one) => one.report)!.report!.rowsSeen, 999);
  t.equal(said.find((one) => one.pods)!.pods!.pods![0]!.reason, '999');
  t.same(said.flatMap((one) => one.task?.targets?.[0]?.packets ?? []).sort(), [997, 998, 999]);
});
