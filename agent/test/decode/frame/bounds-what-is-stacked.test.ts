import t from 'tap';
import { DecodeError } from '../../../src/decode/decode-error.js';
import { Fragment } from '../../../src/decode/decoded.js';
import { flowFacts } from './describe.js';
import { decode, find, inserted, patched } from './frames.js';

const TAG = [0x81, 0x00, 0x00, 0x64];
const udp4 = find('udp', (out) => out.ipVersion === 4 && out.payloadBytes === 500);
const udp6 = find('udp', (out) => out.ipVersion === 6 && out.payloadBytes === 500);

t.test('eight VLAN tags are followed, a ninth is refused', async (t) => {
  let packet = udp4;
  for (let tags = 1; tags <= 9; tags++) {
    packet = inserted(packet, 12, ...TAG);
    const { error, out } = decode(packet);
    t.equal(error, tags <= 8 ? DecodeError.none : DecodeError.vlanDepth, `${tags} tags`);
    if (error === 0)
      t.same(flowFacts(out), { ...(flowFacts(decode(udp4).out) as object), wireBytes: packet.original });
  }
});

t.test('eight IPv6 extension headers are followed, a ninth is refused', async (t) => {
  let packet = udp6;
  for (let headers = 1; headers <= 9; headers++) {
    const next = packet.bytes[20]!;
    const length = packet.original - 14 - 40 + 8;
    packet = patched(inserted(packet, 54, next, 0, 1, 4, 0, 0, 0, 0), 18, length >> 8, length & 255, 60);
    const { error, out } = decode(packet);
    t.equal(error, headers <= 8 ? DecodeError.none : DecodeError.ipExtensions, `${headers} headers`);
    if (error === 0) t.same([out.protocol, out.dstPort, out.payloadBytes], [17, 5000, 500]);
  }
});

t.test('an extension header that claims more than there is is refused', async (t) => {
  const packet = patched(udp6, 20, 60);
  t.equal(decode(patched(packet, 54, 17, 255)).error, DecodeError.ipTruncated);
});

t.test('unknown link types and what is not IP are told apart', async (t) => {
  t.equal(decode({ ...udp4, linkType: 147 }).error, DecodeError.linkType);
  t.equal(decode(patched(udp4, 12, 0x08, 0x06)).error, DecodeError.notIp);
  t.equal(decode(patched(udp4, 12, 0x00, 0x40)).error, DecodeError.notIp, 'an 802.3 length');
  t.equal(decode(patched(udp4, 12, 0x86, 0xdd)).error, DecodeError.ipVersion);
  t.equal(decode(patched(udp4, 14, 0x44)).error, DecodeError.ipHeaderLength);
});

t.test('BSD loopback in either byte order', async (t) => {
  const ip = udp4.bytes.slice(14);
  const headers: [number, number[]][] = [
    [0, [2, 0, 0, 0]],
    [0, [0, 0, 0, 2]],
    [108, [0, 0, 0, 2]],
  ];
  for (const [linkType, header] of headers) {
    const bytes = Uint8Array.from([...header, ...ip]);
    const { error, out } = decode({ ...udp4, linkType, bytes, original: bytes.length });
    t.equal(error, 0);
    t.equal(out.dstPort, 5000);
  }
  const six = Uint8Array.from([30, 0, 0, 0, ...udp6.bytes.slice(14)]);
  t.equal(decode({ ...udp6, linkType: 0, bytes: six, original: six.length }).out.ipVersion, 6);
  const other = Uint8Array.from([7, 0, 0, 0, ...ip]);
  t.equal(decode({ ...udp4, linkType: 0, bytes: other, original: other.length }).error, DecodeError.notIp);
});

t.test('raw IP of one version only', async (t) => {
  for (const linkType of [12, 14, 101, 228]) {
    const bytes = udp4.bytes.slice(14);
    t.equal(decode({ ...udp4, linkType, bytes, original: bytes.length }).error, 0);
    t.equal(decode({ ...udp4, linkType: 229, bytes, original: bytes.length }).error, DecodeError.ipVersion);
  }
  const six = udp6.bytes.slice(14);
  t.equal(decode({ ...udp6, linkType: 229, bytes: six, original: six.length }).out.payloadBytes, 500);
});

t.test('an authentication header does not hide that IPv4 came in fragments', async (t) => {
  const behind = find('ipv6-extensions', (out) => out.ipVersion === 4 && out.protocol === 17);
  const { out } = decode(patched(behind, 20, 0x20, 0x00));
  t.same([out.protocol, out.dstPort, out.fragment], [17, 5000, Fragment.first]);
  t.equal(decode(patched(behind, 20, 0x20, 0x01)).out.fragment, Fragment.later);
});
