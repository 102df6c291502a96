import t from 'tap';
import { addressBytes } from '../../../src/watch/address-bytes.js';

function hex(text: string): string | undefined {
  const bytes = addressBytes(text);
  return bytes && Buffer.from(bytes).toString('hex');
}

t.test('IPv4 and IPv6 in all their spellings', async (t) => {
  t.equal(hex('10.0.0.255'), '0a0000ff');
  t.equal(hex('::'), '0'.repeat(32));
  t.equal(hex('::1'), `${'0'.repeat(31)}1`);
  t.equal(hex('fe80::1%eth0'), 'fe800000000000000000000000000001');
  t.equal(hex('2001:db8::a:0:b'), '20010db8000000000000000a0000000b');
  t.equal(hex('1:2:3:4:5:6:7:8'), '00010002000300040005000600070008');
  t.equal(hex('::ffff:1.2.3.4'), '00000000000000000000ffff01020304');
  t.equal(hex('1::'), '0001'.padEnd(32, '0'));
});

t.test('everything else is refused', async (t) => {
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.4.5',
    ':',
    ':::',
    '1::2::3',
    '1:2:3',
    '12345::',
    'g::',
    '::1.2.3',
    'localhost',
  ])
    t.equal(addressBytes(text), undefined, text);
});
