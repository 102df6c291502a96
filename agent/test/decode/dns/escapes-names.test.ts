import t from 'tap';
import { parseDns } from '../../../src/decode/dns.js';
import { DnsMessage } from '../../../src/decode/dns-message.js';
import { A_IN, header, label, message, nameOf } from './messages.js';

function read(...labels: string[]): DnsMessage {
  const dns = new DnsMessage();
  const view = message(header(0x0100), ...labels.map(label), 0, A_IN);
  t.equal(parseDns(view, 0, view.byteLength, dns), 0);
  return dns;
}

t.test('upper case is lowered, so that names compare', async (t) => {
  const dns = read('WeB', 'SHOP', 'Example');
  t.equal(nameOf(dns), 'web.shop.example');
  t.equal(dns.nameHash, read('web', 'shop', 'example').nameHash);
  t.not(dns.nameHash, read('web', 'shop', 'examplf').nameHash);
});

t.test('what services and reverse zones use stays readable', async (t) => {
  t.equal(nameOf(read('_http', '_tcp', 'a-b')), '_http._tcp.a-b');
  t.equal(nameOf(read('*', 'wild')), '*.wild');
  t.equal(nameOf(read('0/25', '2', '0', '192', 'in-addr', 'arpa')), '0/25.2.0.192.in-addr.arpa');
});

t.test('no byte passes that a terminal, a label value or a path could take for something else', async (t) => {
  for (let byte = 0; byte < 256; byte++) {
    const dns = read(String.fromCharCode(byte));
    t.match(nameOf(dns), /^([a-z0-9_*/-]|\\\d\d\d)$/);
  }
  t.equal(nameOf(read('\x1b[2J"; rm')), '\\027\\0912j\\034\\059\\032rm');
});

t.test('a dot within a label is not the dot between labels', async (t) => {
  t.equal(nameOf(read('a.b', 'c')), 'a\\046b.c');
  t.not(read('a.b', 'c').nameHash, read('a', 'b', 'c').nameHash);
});

t.test('a name that grows over 255 bytes by escaping is cut between escapes, and says so', async (t) => {
  const dns = read('\x01'.repeat(63), '\x02'.repeat(63));
  t.equal(dns.nameCut, 1);
  t.ok(dns.nameLength <= 255);
  t.match(nameOf(dns), /^(\\001)+\.?(\\002)*$/);
});

t.test('the root is a dot', async (t) => t.equal(nameOf(read()), '.'));
