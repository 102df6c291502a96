import t from 'tap';
import { DecodeError } from '../../../src/decode/decode-error.js';
import { decode, find, patched } from './frames.js';

const ETHERNET = 14;
const large = find('large', (out) => out.ipVersion === 4 && out.payloadBytes > 60_000);
const small = find('tcp', (out) => out.ipVersion === 4 && out.payloadBytes > 0);

t.test('an IPv4 segment over 64 KB has total length 0: the frame has the length', async (t) => {
  const big = { ...patched(large, ETHERNET + 2, 0, 0), original: 150_066 };
  const { error, out } = decode(big);
  t.equal(error, 0);
  t.equal(out.wireBytes, 150_066);
  t.equal(out.payloadBytes, 150_000);
});

t.test('IPv6 segments over 64 KB, as the kernel sent them, keep their length', async (t) => {
  const { out } = decode(find('large', (found) => found.ipVersion === 6 && found.wireBytes > 100_000));
  // Ethernet, IPv6, hop-by-hop with the jumbo option, TCP with timestamps.
  t.equal(out.payloadBytes, out.wireBytes - 14 - 40 - 8 - 32);
});

t.test('padding of short frames is not payload', async (t) => {
  const syn = find('padded', (out) => out.protocol === 6);
  t.equal(syn.bytes.length, 60);
  t.equal(decode(syn).out.payloadBytes, 0);
  t.equal(decode(syn).out.payloadCaptured, 0);
  t.equal(decode(find('padded', (out) => out.protocol === 17)).out.payloadCaptured, 1);
});

t.test('a frame that was cut by the snap length counts with the length it had', async (t) => {
  const { out } = decode(large);
  t.equal(out.wireBytes, large.original);
  t.equal(out.payloadBytes, large.original - 66);
});

t.test('an IP length beyond the frame is refused', async (t) => {
  const bytes = small.original - ETHERNET + 1;
  t.equal(decode(patched(small, ETHERNET + 2, bytes >> 8, bytes & 255)).error, DecodeError.ipLength);
  const six = find('tcp', (out) => out.ipVersion === 6);
  t.equal(decode(patched(six, ETHERNET + 4, 0xff, 0xff)).error, DecodeError.ipLength);
});

t.test('an IP length below its own header is refused', async (t) => {
  t.equal(decode(patched(small, ETHERNET + 2, 0, 19)).error, DecodeError.ipLength);
});

t.test('TCP headers that do not fit the packet are refused', async (t) => {
  const offset = ETHERNET + 20 + 12;
  t.equal(decode(patched(small, offset, 0x40)).error, DecodeError.tcpHeaderLength);
  const ack = find('tcp', (out) => out.ipVersion === 4 && out.payloadBytes === 0 && out.tcpFlags === 16);
  t.equal(decode(patched(ack, offset, 0xf0)).error, DecodeError.tcpHeaderLength);
});

t.test('a capture that ends within the options of IPv4 is cut, whatever the protocol', async (t) => {
  const options = find('ip-options', (out) => out.protocol === 17);
  for (const protocol of [17, 50]) {
    const packet = patched(options, ETHERNET + 9, protocol);
    const { error } = decode({ ...packet, bytes: packet.bytes.slice(0, ETHERNET + 24) });
    t.equal(error, DecodeError.ipTruncated);
  }
});
