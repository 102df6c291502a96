import { isIP } from 'node:net';
import t from 'tap';
import { formatAddress, parseAddress } from '../../src/observe/ip-address.js';

t.test('text and back, as RFC 5952 writes it', async (t) => {
  for (const [text, canonical] of [
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:DB8::0:1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['fe80::', 'fe80::'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ] as const)
    t.equal(formatAddress(parseAddress(text)!), canonical, text);
});

t.test('it takes what Node takes, and nothing else', async (t) => {
  const parts = ['', '0', '1', '25', '256', '00', 'f', 'ffff', '10000', 'g', '1.2.3.4', ':'];
  const texts = parts.flatMap((a) =>
    parts.flatMap((b) => parts.flatMap((c) => [`${a}:${b}:${c}`, `${a}::${b}:${c}`, `${a}.${b}.${c}.1`])),
  );
  for (const text of texts) {
    if ((parseAddress(text) !== undefined) !== isIP(text) > 0) t.fail(text);
  }
  t.ok(texts.some((text) => isIP(text) > 0));
});
