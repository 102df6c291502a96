import t from 'tap';
import { parseDns } from '../../../src/decode/dns.js';
import { ANSWERED, DnsMessage } from '../../../src/decode/dns-message.js';
import { A_IN, header, LABEL_POINTER, label, message } from './messages.js';

const question = [...label('api'), ...label('example'), 0, ...A_IN];
const pointer = [LABEL_POINTER, 12];
/** A record of the name asked for: type, class IN, a TTL, its data. */
const record = (type: number, data: readonly number[]): number[] => [
  ...pointer,
  ...[0, type, 0, 1, 0, 0, 0, 60, 0, data.length],
  ...data,
];
const six = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

function read(view: DataView): number[][] {
  const dns = new DnsMessage();
  t.equal(parseDns(view, 0, view.byteLength, dns), 0);
  return Array.from({ length: dns.addressCount }, (_, i) => [...dns.addresses.subarray(i * 4, i * 4 + 4)]);
}

t.test('addresses behind an alias, of both versions', (t) => {
  const alias = record(5, [...label('edge'), ...pointer]);
  const view = message(header(0x8180, 1, 3), question, alias, record(1, [192, 0, 2, 7]), record(28, six));
  t.strictSame(read(view), [
    [0, 0, 0xffff, (192 << 24) | (2 << 8) | 7],
    [0x20010db8, 0, 0, 1],
  ]);
  t.end();
});

t.test('no more than there is room for, and nothing of what is cut or of an odd length', (t) => {
  const many = Array.from({ length: 9 }, (_, i) => record(1, [10, 0, 0, i])).flat();
  t.equal(read(message(header(0x8180, 1, 9), question, many)).length, ANSWERED);
  const cut = message(
    header(0x8180, 1, 2),
    question,
    record(1, [10, 0, 0, 1]),
    record(1, [10, 0, 0, 2]).slice(0, -1),
  );
  t.equal(read(cut).length, 1);
  t.strictSame(read(message(header(0x8180, 1, 1), question, record(1, [10, 0, 0]))), []);
  t.strictSame(read(message(header(0x8180, 1, 200), question)), []);
  t.end();
});
