import t from 'tap';
import {
  interfaceDescription,
  interfaceStatistics,
  packetLength,
  packetOptions,
  sectionHeader,
  writePacket,
} from '../../../src/capture/pcapng.js';
import { frame } from '../records.js';
import { capinfos, readBlocks, readCapture, readStatistics } from '../wireshark.js';

const header = sectionHeader({ hardware: 'x64', os: 'Linux', application: 'snoopy test' });

function described(name: string): Buffer {
  return interfaceDescription({
    linkType: 1,
    snaplen: 262_144,
    name,
    description: 'a pod',
    filter: 'udp port 9',
  });
}

function packet(id: number, seconds: number, nanoseconds: number, data: Buffer, options?: Buffer): Buffer {
  const block = Buffer.alloc(packetLength(data.length, options?.length ?? 0), 0xff);
  writePacket(block, 0, id, seconds, nanoseconds, data.length, data, 0, data.length, options);
  return block;
}

t.test('names, times to the nanosecond, lengths of every remainder, comments', async (t) => {
  const note = packetOptions({ dropped: 7, comment: '7 packets dropped' });
  const file = Buffer.concat([
    header,
    described('shop/web-1/eth0@node-a'),
    described('shop/web-2/eth0@node-b'),
    packet(0, 1_800_000_000, 123_456_789, frame(1, 60)),
    packet(1, 1_800_000_000, 999_999_999, frame(2, 61)),
    packet(0, 1_800_000_001, 0, frame(3, 62), note),
    packet(1, 4_294_967_295, 1, frame(4, 63)),
  ]);
  t.strictSame(
    readCapture(file).map((p) => [p.interface, p.time, p.bytes, p.mark, p.comment]),
    [
      ['shop/web-1/eth0@node-a', '1800000000.123456789', 60, 1, ''],
      ['shop/web-2/eth0@node-b', '1800000000.999999999', 61, 2, ''],
      ['shop/web-1/eth0@node-a', '1800000001.000000000', 62, 3, '7 packets dropped'],
      ['shop/web-2/eth0@node-b', '4294967295.000000001', 63, 4, ''],
    ],
  );
});

t.test('capinfos reads the section, the interfaces and their statistics', async (t) => {
  const statistics = interfaceStatistics({
    interfaceId: 0,
    start: { seconds: 1_800_000_000, nanoseconds: 0 },
    end: { seconds: 1_800_000_009, nanoseconds: 5 },
    received: 12,
    dropped: 2,
    droppedBySystem: 1,
    delivered: 10,
    comment: 'two are missing',
  });
  const file = Buffer.concat([
    header,
    described('shop/web-1/eth0@node-a'),
    packet(0, 1, 1, frame(1)),
    statistics,
  ]);
  const text = capinfos(file);
  t.match(text, /Capture application: *snoopy test/);
  t.match(text, /Name = shop\/web-1\/eth0@node-a/);
  t.match(text, /Time precision = nanoseconds \(9\)/);
  t.match(text, /Filter string = udp port 9/);
  t.match(text, /Number of stat entries = 1/);
  t.strictSame(readStatistics(file), [{ received: 12, dropped: 2, byKernel: 1, delivered: 10 }]);
});

t.test('a name of any length is cut between characters', async (t) => {
  for (const name of ['ü'.repeat(5_000), '🦊'.repeat(3_000), `a${'🦊'.repeat(3_000)}`]) {
    const [block] = readBlocks(described(name));
    const written = block!.options.get(2)!;
    t.ok(written.length <= 1_024);
    t.ok(name.startsWith(written.toString()), 'no half character');
  }
});
