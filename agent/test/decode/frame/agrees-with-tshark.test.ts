import t from 'tap';
import { PcapReader } from '../../../src/capture/pcap-reader.js';
import { DecodeError } from '../../../src/decode/decode-error.js';
import { Decoded, Fragment, LinkDirection } from '../../../src/decode/decoded.js';
import { decodeFrame } from '../../../src/decode/frame.js';
import { readSample, sampleNames, samplePath } from '../../samples/samples.js';
import { destination, innerDestination, innerSource, mac, source } from './describe.js';
import { dissect, type Fields } from './tshark.js';

const FIELDS = [
  'frame.time_epoch frame.len eth.src sll.pkttype sll.src.eth',
  'ip.src ip.dst ip.proto ip.id ip.frag_offset ip.flags.mf ip.len ip.hdr_len',
  'ipv6.src ipv6.dst ipv6.fraghdr.ident ipv6.fraghdr.offset ipv6.fraghdr.more',
  'tcp.srcport tcp.dstport tcp.seq_raw tcp.ack_raw tcp.flags tcp.window_size_value tcp.len',
  'tcp.options.timestamp.tsval tcp.options.timestamp.tsecr tcp.options.mss_val tcp.options.wscale.shift',
  'tcp.options.sack_perm udp.srcport udp.dstport udp.length sctp.srcport sctp.dstport',
  'icmp.type icmp.code icmp.ident icmp.seq icmpv6.type icmpv6.code icmpv6.echo.identifier',
  'icmpv6.echo.sequence_number esp.spi ah.spi arp.opcode',
].flatMap((line) => line.split(' '));

const dissected = dissect(sampleNames.map(samplePath), FIELDS);
let next = 0;

for (const name of sampleNames) {
  t.test(`${name}: every field of every frame is what tshark says`, async (t) => {
    const reader = new PcapReader();
    const out = new Decoded();
    reader.feed(readSample(name));
    while (reader.next()) {
      const theirs = dissected[next++]!;
      out.timeUs = reader.timeUs;
      const error = decodeFrame(
        reader.view,
        reader.offset,
        reader.captured,
        reader.original,
        reader.linkType,
        out,
      );
      const { ours, wanted } = compare(out, error, theirs);
      t.strictSame(ours, wanted, `frame ${reader.packets}`);
    }
    t.ok(reader.packets > 0);
    t.equal(reader.error, 0);
  });
}

t.test('no frame of theirs is left over', async (t) => t.equal(next, dissected.length));

t.test('the samples have every field that is compared', async (t) => {
  for (const field of FIELDS)
    t.ok(
      dissected.some((fields) => fields.get(field)!.length > 0),
      field,
    );
});

/** Both sides as lists of `name value`, of what tshark found in this frame. */
function compare(d: Decoded, error: number, theirs: Fields): { ours: string[]; wanted: string[] } {
  const pairs: [string, string | number, string | number | undefined][] = [];
  const add = (what: string, our: string | number, their: string | number | undefined): void => {
    if (their !== undefined) pairs.push([what, our, their]);
  };
  const first = (field: string): string | undefined => theirs.get(field)?.[0];
  add('time', d.timeUs, micros(first('frame.time_epoch')!));
  add('length', d.wireBytes, first('frame.len'));
  compareLink(d, theirs, add);
  const ip = first('ip.src') ?? first('ipv6.src');
  add('error', error, ip === undefined ? DecodeError.notIp : DecodeError.none);
  if (ip !== undefined && error === DecodeError.none) {
    compareIp(d, theirs, add);
    compareTransport(d, theirs, add);
    compareIcmp(d, theirs, add);
  }
  return { ours: pairs.map((p) => `${p[0]} ${p[1]}`), wanted: pairs.map((p) => `${p[0]} ${p[2]}`) };
}

type Add = (what: string, our: string | number, their: string | number | undefined) => void;

function compareLink(d: Decoded, theirs: Fields, add: Add): void {
  add('source MAC', mac(d.srcMacHigh, d.srcMacLow), theirs.get('eth.src')?.[0]);
  add('cooked MAC', mac(d.srcMacHigh, d.srcMacLow), theirs.get('sll.src.eth')?.[0]);
  const type = theirs.get('sll.pkttype')?.[0];
  if (type !== undefined)
    add('direction', d.linkDirection, type === '4' ? LinkDirection.sent : LinkDirection.received);
}

function compareIp(d: Decoded, theirs: Fields, add: Add): void {
  const v4 = theirs.get('ip.src')![0] !== undefined && d.ipVersion === 4;
  const [from, to] = v4 ? ['ip.src', 'ip.dst'] : ['ipv6.src', 'ipv6.dst'];
  add('from', source(d), theirs.get(from!)![0]);
  add('to', destination(d), theirs.get(to!)![0]);
  if (d.innerIpVersion !== 0) {
    add('inner from', innerSource(d), theirs.get(d.innerIpVersion === 4 ? 'ip.src' : 'ipv6.src')![1]);
    add('inner to', innerDestination(d), theirs.get(d.innerIpVersion === 4 ? 'ip.dst' : 'ipv6.dst')![1]);
  }
  const wanted = expectedFragment(theirs, v4);
  add('fragment', d.fragment, wanted.kind);
  if (wanted.kind !== Fragment.none) add('fragment id', d.fragmentId >>> 0, wanted.id);
  if (d.innerIpVersion !== 0) return;
  const behindAh = theirs.get('ah.spi')![0] !== undefined;
  if (v4 && !behindAh) add('protocol', d.protocol, theirs.get('ip.proto')![0]);
  if (behindAh) add('protocol', d.protocol, 17);
  if (theirs.get('esp.spi')![0] !== undefined) add('protocol', d.protocol, 50);
}

function expectedFragment(theirs: Fields, v4: boolean): { kind: number; id: number } {
  const offset = Number(theirs.get(v4 ? 'ip.frag_offset' : 'ipv6.fraghdr.offset')![0] ?? 0);
  const more = theirs.get(v4 ? 'ip.flags.mf' : 'ipv6.fraghdr.more')![0];
  const id = Number(theirs.get(v4 ? 'ip.id' : 'ipv6.fraghdr.ident')![0] ?? 0);
  const first = more === '1' || more === 'True' ? Fragment.first : Fragment.none;
  return { kind: offset > 0 ? Fragment.later : first, id };
}

function compareTransport(d: Decoded, theirs: Fields, add: Add): void {
  const quoted = d.innerIpVersion !== 0;
  for (const [name, protocol] of [['tcp', 6] as const, ['udp', 17] as const, ['sctp', 132] as const]) {
    const port = theirs.get(`${name}.srcport`)![0];
    if (port === undefined) continue;
    add('protocol', quoted ? d.innerProtocol : d.protocol, protocol);
    add('source port', quoted ? d.innerSrcPort : d.srcPort, port);
    add('destination port', quoted ? d.innerDstPort : d.dstPort, theirs.get(`${name}.dstport`)![0]);
  }
  if (quoted) {
    if (d.innerProtocol === 6) add('inner seq', d.innerTcpSeq >>> 0, theirs.get('tcp.seq_raw')![0]);
  } else if (d.protocol === 6) compareTcp(d, theirs, add);
  else if (d.protocol === 17 && d.fragment === Fragment.none)
    add('payload', d.payloadBytes, Number(theirs.get('udp.length')![0]) - 8);
  if (d.fragment === Fragment.later || d.protocol === 132) compareIpPayload(d, theirs, add);
}

function compareTcp(d: Decoded, theirs: Fields, add: Add): void {
  const first = (field: string): string | undefined => theirs.get(field)?.[0];
  add('seq', d.tcpSeq >>> 0, first('tcp.seq_raw'));
  add('ack', d.tcpAck >>> 0, first('tcp.ack_raw'));
  add('flags', d.tcpFlags, Number(first('tcp.flags')) & 0xff);
  add('window', d.tcpWindow, first('tcp.window_size_value'));
  add('payload', d.payloadBytes, first('tcp.len'));
  add('timestamps', d.tcpHasTimestamps, first('tcp.options.timestamp.tsval') === undefined ? 0 : 1);
  add('tsval', d.tcpTsValue >>> 0, first('tcp.options.timestamp.tsval'));
  add('tsecr', d.tcpTsEcho >>> 0, first('tcp.options.timestamp.tsecr'));
  if ((d.tcpFlags & 2) === 0) return;
  add('mss', d.tcpMss, first('tcp.options.mss_val') ?? 0);
  add('window scale', d.tcpWindowScale, first('tcp.options.wscale.shift') ?? -1);
  add('sack', d.tcpSackPermitted, first('tcp.options.sack_perm') === undefined ? 0 : 1);
}

function compareIpPayload(d: Decoded, theirs: Fields, add: Add): void {
  if (d.ipVersion !== 4) return;
  const above = d.protocol === 132 && d.fragment !== Fragment.later ? 12 : 0;
  add(
    'payload',
    d.payloadBytes,
    Number(theirs.get('ip.len')![0]) - Number(theirs.get('ip.hdr_len')![0]) - above,
  );
}

function compareIcmp(d: Decoded, theirs: Fields, add: Add): void {
  const first = (field: string): string | undefined => theirs.get(field)?.[0];
  const v6 = d.protocol === 58;
  add('type', d.icmpType, first(v6 ? 'icmpv6.type' : 'icmp.type'));
  add('code', d.icmpCode, first(v6 ? 'icmpv6.code' : 'icmp.code'));
  if (v6) {
    if (first('icmpv6.echo.identifier') !== undefined)
      add('id', d.icmpId, Number(first('icmpv6.echo.identifier')));
    add('seq', d.icmpSeq, first('icmpv6.echo.sequence_number'));
    return;
  }
  add('id', d.icmpId, first('icmp.ident'));
  add('seq', d.icmpSeq, first('icmp.seq'));
  if (first('icmp.type') !== undefined && d.fragment === Fragment.none)
    add('payload', d.payloadBytes, Number(first('ip.len')) - Number(first('ip.hdr_len')) - 8);
}

/** Text of seconds with nine decimals to whole microseconds; a double would round. */
function micros(text: string): number {
  const [seconds, fraction] = text.split('.');
  return Number(seconds) * 1e6 + Math.floor(Number(fraction!.padEnd(9, '0').slice(0, 9)) / 1000);
}
