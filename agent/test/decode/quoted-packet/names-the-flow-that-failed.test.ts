import t from 'tap';
import { destination, innerDestination, innerSource, source } from '../frame/describe.js';
import { decode, find, patched } from '../frame/frames.js';

for (const ipVersion of [4, 6]) {
  const error = find(
    'icmp',
    (out) => out.ipVersion === ipVersion && out.innerIpVersion !== 0 && out.innerProtocol === 6,
  );
  const syn = find('icmp', (out) => out.ipVersion === ipVersion && out.protocol === 6);

  t.test(`IPv${ipVersion}: an unreachable names the SYN that caused it`, async (t) => {
    const { out } = decode(error);
    const cause = decode(syn).out;
    t.equal(innerSource(out), source(cause));
    t.equal(innerDestination(out), destination(cause));
    t.same([out.innerSrcPort, out.innerDstPort], [cause.srcPort, cause.dstPort]);
    t.equal(out.innerHasTcpSeq, 1);
    t.equal(out.innerTcpSeq, cause.tcpSeq);
    t.same([out.srcPort, out.dstPort, out.hasTransport], [0, 0, 1]);
  });

  const inner = 14 + (ipVersion === 4 ? 20 : 40) + 8;
  const innerTransport = inner + (ipVersion === 4 ? 20 : 40);

  t.test(`IPv${ipVersion}: a quotation that ends before the ports still names the addresses`, async (t) => {
    const { out } = decode({ ...error, bytes: error.bytes.slice(0, innerTransport + 7) });
    t.equal(out.innerIpVersion, ipVersion);
    t.same([out.innerSrcPort, out.innerDstPort, out.innerHasTcpSeq], [0, 0, 0]);
  });

  t.test(`IPv${ipVersion}: a quotation of half a header, or of nothing known, names nothing`, async (t) => {
    t.equal(decode({ ...error, bytes: error.bytes.slice(0, inner + 19) }).out.innerIpVersion, 0);
    t.equal(decode(patched(error, inner, 0x55)).out.innerIpVersion, 0);
  });

  t.test(`IPv${ipVersion}: an echo has an identifier and quotes nothing`, async (t) => {
    const { out } = decode(find('icmp', (found) => found.ipVersion === ipVersion && found.icmpId !== 0));
    t.equal(out.innerIpVersion, 0);
    t.equal(out.payloadBytes, 56);
  });
}

t.test('a quoted echo gives its identifier, a quoted later fragment no ports', async (t) => {
  const error = find(
    'icmp',
    (out) => out.ipVersion === 4 && out.innerProtocol === 17 && out.innerIpVersion === 4,
  );
  const inner = 14 + 20 + 8;
  const echo = patched(patched(error, inner + 9, 1), inner + 20 + 4, 0xab, 0xcd);
  t.equal(decode(echo).out.innerSrcPort, 0xabcd);
  const later = patched(error, inner + 6, 0x00, 0x10);
  t.same([decode(later).out.innerSrcPort, decode(later).out.innerProtocol], [0, 17]);
});

t.test('a message that is no error quotes nothing, whatever its bytes look like', async (t) => {
  for (const [ipVersion, at] of [[4, 34] as const, [6, 54] as const]) {
    const error = find('icmp', (out) => out.ipVersion === ipVersion && out.innerIpVersion !== 0);
    t.equal(decode(patched(error, at, 200)).out.innerIpVersion, 0);
  }
});
