import t from 'tap';
import { DecodeError } from '../../../src/decode/decode-error.js';
import { parseDns, parseDnsOverTcp } from '../../../src/decode/dns.js';
import { DnsMessage } from '../../../src/decode/dns-message.js';
import { A_IN, header, LABEL_POINTER, label, message, nameOf } from './messages.js';

const query = header(0x0100);
const dns = new DnsMessage();

function parse(view: DataView): number {
  return parseDns(view, 0, view.byteLength, dns);
}

const x63 = label('x'.repeat(63));

const hostile: { title: string; view: DataView; error: number }[] = [
  { title: 'nothing', view: message(), error: DecodeError.dnsTruncated },
  { title: 'half a header', view: message([0, 1, 2, 3, 4, 5]), error: DecodeError.dnsTruncated },
  { title: 'a header without its question', view: message(query), error: DecodeError.dnsTruncated },
  {
    title: 'a pointer to itself',
    view: message(query, LABEL_POINTER, 12, A_IN),
    error: DecodeError.dnsPointer,
  },
  {
    title: 'two pointers to each other',
    view: message(query, LABEL_POINTER, 14, LABEL_POINTER, 12, A_IN),
    error: DecodeError.dnsPointer,
  },
  {
    title: 'a pointer to the label before it, for ever',
    view: message(query, label('loop'), LABEL_POINTER, 12, A_IN),
    error: DecodeError.dnsPointer,
  },
  {
    title: 'a pointer beyond the end',
    view: message(query, LABEL_POINTER | 0x3f, 0xff, A_IN),
    error: DecodeError.dnsPointer,
  },
  { title: 'half a pointer', view: message(query, LABEL_POINTER), error: DecodeError.dnsPointer },
  {
    title: 'a pointer into the header',
    view: message(query, LABEL_POINTER, 4, A_IN),
    error: DecodeError.dnsPointer,
  },
  {
    title: 'a label beyond the end',
    view: message(query, 40, 'short'),
    error: DecodeError.dnsTruncated,
  },
  { title: 'a name without end', view: message(query, label('open')), error: DecodeError.dnsTruncated },
  { title: 'a label type of 01', view: message(query, 0x40, 0, A_IN), error: DecodeError.dnsLabel },
  { title: 'a label type of 10', view: message(query, 0x80, 0, A_IN), error: DecodeError.dnsLabel },
  {
    title: 'a name of 256 bytes',
    view: message(query, x63, x63, x63, label('x'.repeat(62)), 0, A_IN),
    error: DecodeError.dnsLabel,
  },
  {
    title: 'a question without type and class',
    view: message(query, label('web'), 0, [0, 1]),
    error: DecodeError.dnsTruncated,
  },
];

for (const { title, view, error } of hostile)
  t.test(`${title} gives error ${error}`, async (t) => t.equal(parse(view), error));

t.test('a name of 255 bytes on the wire, the longest there is, is read whole', async (t) => {
  t.equal(parse(message(query, x63, x63, x63, label('x'.repeat(61)), 0, A_IN)), 0);
  t.equal(dns.nameLength, 253);
  t.equal(dns.nameCut, 0);
  t.match(nameOf(dns), /^(x{63}\.){3}x{61}$/);
});

t.test('a message without question has no name and no type', async (t) => {
  t.equal(parse(message(header(0x8181, 0))), 0);
  t.same([dns.nameLength, dns.qtype, dns.rcode, dns.isResponse], [0, 0, 1, 1]);
});

t.test('counts that lie about records cost nothing and change nothing', async (t) => {
  const lying = header(0x8180, 1, 255, 255);
  t.equal(parse(message(lying, label('web'), 0, A_IN, [0, 0, 41])), 0);
  t.same([nameOf(dns), dns.rcode], ['web', 0]);
});

t.test('an OPT record behind answers, names compressed, gives the upper bits of the code', async (t) => {
  const answer = [LABEL_POINTER, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 1];
  const opt = [0, 0, 41, 4, 208, 1, 0, 0, 0, 0, 0];
  t.equal(parse(message(header(0x8180, 1, 1, 1), label('web'), 0, A_IN, answer, opt)), 0);
  t.equal(dns.rcode, 16);
  t.equal(parse(message(header(0x8180, 1, 1, 1), label('web'), 0, A_IN, answer, opt.slice(0, 9))), 0);
  t.equal(dns.rcode, 0, 'not captured: what the header says');
});

t.test('over TCP', async (t) => {
  const body = [...query, ...label('web'), 0, ...A_IN];
  const tcp = (...parts: (number | readonly number[])[]): number => {
    const view = message(...parts);
    return parseDnsOverTcp(view, 0, view.byteLength, dns);
  };
  t.equal(tcp(0, body.length, body), 0);
  t.same([nameOf(dns), dns.streamBytes], ['web', body.length + 2]);
  t.equal(tcp(0, 0, body), DecodeError.dnsSplit, 'a message of no bytes');
  t.equal(tcp(0, 11, body), DecodeError.dnsSplit, 'shorter than a header');
  t.equal(tcp(0, 12, body), DecodeError.dnsTruncated, 'the prefix ends the message, not the segment');
  t.equal(tcp(0, body.length), DecodeError.dnsSplit, 'the prefix alone');
  t.equal(tcp(255, 255, body), 0, 'the rest of a long message comes in later segments');
  t.equal(dns.streamBytes, 65_537);
  const two = message(0, body.length, body, 0, body.length, body);
  t.equal(parseDnsOverTcp(two, body.length + 2, two.byteLength, dns), 0, 'a second message in the segment');
});
