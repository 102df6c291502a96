import t from 'tap';
import { LinkDirection } from '../../../src/decode/decoded.js';
import { FlowRig, udp } from '../flow-rig.js';

t.test('the same five-tuple at two pods is two flows', async (t) => {
  const rig = new FlowRig();
  const other = rig.addCapture('other');
  rig.feed(udp(true)).feed(udp(false), other).feed(udp(false), other);
  t.match(rig.drain(), [
    { pod: 'pod', initiator: 'local', sent: { packets: 1 } },
    { pod: 'other', initiator: 'peer', received: { packets: 2 } },
  ]);
});

t.test('a capture that ends takes its flows along, reason shutdown; others stay', async (t) => {
  const rig = new FlowRig().connect();
  const other = rig.addCapture('other');
  rig.feed(udp(true), other);
  rig.drain();
  rig.send({ flags: 'PA', seq: 1_001, ack: 5_001, payload: 9 }).feed(udp(true), other);
  rig.table.removeCapture(rig.capture);
  t.match(rig.drain(), [{ pod: 'pod', reason: 'shutdown', sent: { payload: 9 }, closed: 'none' }]);
  t.equal(rig.table.live, 1);
  t.match(rig.wait(5_000).drain(), [{ pod: 'other', reason: 'active' }]);
});

t.test('a capture number comes again only when the last row of the old one has left', async (t) => {
  const rig = new FlowRig().connect();
  rig.table.removeCapture(rig.capture);
  t.not(rig.addCapture('second'), rig.capture);
  t.match(rig.drain(), [{ pod: 'pod' }]);
  t.equal(rig.addCapture('third'), rig.capture);
});

t.test('packets after the end of their capture are lost, and counted so', async (t) => {
  const rig = new FlowRig();
  rig.table.removeCapture(rig.capture);
  rig.feed(udp(true));
  t.same(rig.drain(), []);
  t.match(rig.table.counters, { seenPackets: 1, lostPackets: 1, seenBytes: 64, lostBytes: 64 });
});

t.test('two interfaces of one pod are one pod in the batch', async (t) => {
  const rig = new FlowRig();
  const pod = { uid: 'u', namespace: 'n', name: 'both' };
  const [a, b] = ['eth0', 'net1'].map((name) =>
    rig.table.addCapture({ pod, interface: name, addresses: [] }),
  );
  rig.feed(udp(true), a).feed(udp(true), b);
  t.same(
    rig.drain().map((row) => row.pod),
    ['both', 'both'],
  );
});

t.test('direction comes from the MAC', async (t) => {
  const rig = new FlowRig();
  const mac = Uint8Array.of(0xff, 0xee, 0xdd, 0xcc, 0xbb, 0xaa);
  const pod = { uid: 'u', namespace: 'n', name: 'mac' };
  const capture = rig.table.addCapture({ pod, interface: 'eth0', mac, addresses: [] });
  const frame = (own: boolean): void => {
    rig.feed(
      {
        ...udp(own),
        set: (packet) => {
          packet.linkDirection = LinkDirection.unknown;
          packet.srcMacHigh = own ? 0xffee : 0xffed;
          packet.srcMacLow = 0xddccbbaa | 0;
        },
      },
      capture,
    );
  };
  frame(true);
  frame(false);
  t.match(rig.drain(), [{ pod: 'mac', local: '10.0.0.1', sent: { packets: 1 }, received: { packets: 1 } }]);
});

t.test(
  'without a MAC the addresses decide, also later ones; a pod talking to itself is one flow',
  async (t) => {
    const rig = new FlowRig();
    const pod = { uid: 'u', namespace: 'n', name: 'tun' };
    const capture = rig.table.addCapture({ pod, interface: 'tun0', addresses: [] });
    const frame = (sent: boolean, ports: { localPort: number; peerPort: number }): void => {
      const set = (packet: { linkDirection: number }): void => {
        packet.linkDirection = LinkDirection.unknown;
      };
      rig.feed({ ...udp(sent, ports), set }, capture);
    };
    rig.table.setAddresses(capture, [Uint8Array.of(10, 0, 0, 1)]);
    frame(true, { localPort: 1, peerPort: 2 });
    frame(false, { localPort: 1, peerPort: 2 });
    t.match(rig.drain(), [{ local: '10.0.0.1', sent: { packets: 1 }, received: { packets: 1 } }]);
    rig.table.setAddresses(capture, [Uint8Array.of(10, 0, 0, 1), Uint8Array.of(10, 0, 0, 2)]);
    frame(true, { localPort: 5, peerPort: 3 });
    frame(false, { localPort: 5, peerPort: 3 });
    t.match(rig.drain(), [{ localPort: 5, sent: { packets: 1 }, received: { packets: 1 } }]);
  },
);

t.test('our own link is not in the data, before and after it is known to be ours', async (t) => {
  const rig = new FlowRig().connect({ peerPort: 4244 }).connect({ peerPort: 4245 });
  rig.table.setExcluded([
    { address: Uint8Array.of(10, 0, 0, 1), port: 0, peerAddress: Uint8Array.of(10, 0, 0, 2), peerPort: 4244 },
  ]);
  rig.connect({ peerPort: 4244, localPort: 7, isn: 9 });
  const rows = rig.settle();
  t.match(rows, [{ peerPort: 4245 }]);
  t.equal(rows.length, 1);
  t.equal(rig.table.counters.excludedPackets, 6);
  rig.table.setExcluded([]);
  rig.send({ flags: 'PA', seq: 1, ack: 1, payload: 9, peerPort: 4244 });
  t.match(rig.wait(5_000).drain(), [{ peerPort: 4244 }], 'a port that is not ours any more');
});
