import t from 'tap';
import { BatchRing } from '../../../src/uplink/batch-ring.js';
import { FlowSender } from '../../../src/uplink/flow-sender.js';
import { FakeStream } from '../../fakes/message-stream.js';

t.test('back-pressure is honoured; a new stream begins with the oldest unacknowledged batch', async (t) => {
  const ring = new BatchRing(1 << 20, () => {});
  const sender = new FlowSender(ring);
  const first = new FakeStream<Buffer>(2);
  sender.attach(first);
  for (let i = 0; i < 5; i++) ring.append({ first: i * 10, rows: 10, bytes: Buffer.from([i]), lost: [] });
  sender.pump();
  t.same(
    first.messages.map((one) => one[0]),
    [0, 1],
    'no more than the stream takes',
  );
  first.drain(2);
  t.same(
    first.messages.map((one) => one[0]),
    [0, 1, 2, 3],
  );
  sender.acknowledge(10);
  sender.detach();
  const second = new FakeStream<Buffer>();
  sender.attach(second);
  t.same(
    second.messages.map((one) => one[0]),
    [1, 2, 3, 4],
  );
  first.drain(10);
  t.equal(first.messages.length, 4, 'an old stream gets nothing any more');
});
