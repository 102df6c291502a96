import type { PacketChunkMessage } from '@snoopy/proto';
import t from 'tap';
import { PacketSender } from '../../../src/uplink/packet-sender.js';
import { FakeStream } from '../../fakes/message-stream.js';

const chunk = (): PacketChunkMessage => ({ records: Buffer.alloc(256 << 10) });

t.test('a window of 4 MiB is under way, 2 MiB wait, then the tools must', async (t) => {
  const sender = new PacketSender();
  const stream = new FakeStream<PacketChunkMessage>();
  sender.attach(stream);
  let sent = 0;
  while (sender.send(chunk())) sent++;
  t.equal(stream.messages.length, 16);
  t.equal(sent, 16 + 7);
  let woken = 0;
  sender.whenRoom(() => woken++);
  sender.acknowledge(1 << 20);
  t.equal(stream.messages.length, 20);
  t.equal(woken, 0);
  sender.acknowledge(2 << 20);
  t.equal(woken, 1);
  t.equal(sender.queuedBytes, 0);
});

t.test('an acknowledgement of what was never sent opens nothing', async (t) => {
  const sender = new PacketSender();
  const stream = new FakeStream<PacketChunkMessage>();
  sender.attach(stream);
  sender.acknowledge(Number.MAX_SAFE_INTEGER);
  for (let i = 0; i < 20; i++) sender.send(chunk());
  t.equal(stream.messages.length, 16);
});

t.test('what waits for a stream that is gone is gone too, and who waits is woken', async (t) => {
  const sender = new PacketSender();
  sender.attach(new FakeStream<PacketChunkMessage>(1));
  let woken = 0;
  while (sender.send(chunk()));
  sender.whenRoom(() => woken++);
  sender.detach();
  t.equal(sender.queuedBytes, 0);
  t.equal(woken, 1);
  t.notOk(sender.attached);
});
