import t from 'tap';
import { parse } from '../../src/index.js';

t.test('HOST:PORT with names, IPv4, IPv6 and every address', async (t) => {
  t.same(parse.hostPort('agg:4244'), { host: 'agg', port: 4244 });
  t.same(parse.hostPort('[::1]:1'), { host: '::1', port: 1 });
  t.same(parse.hostPort(':9966'), { host: '0.0.0.0', port: 9966 });
  t.equal(parse.hostPortText({ host: '::1', port: 5 }), '[::1]:5');
  for (const bad of ['agg', 'agg:', 'agg:99999', '::1:5', 'a b:1', ''])
    t.throws(() => parse.hostPort(bad), bad);
});

t.test('bytes in decimal and binary units', async (t) => {
  t.equal(parse.bytes('64MiB'), 64 << 20);
  t.equal(parse.bytes('500k'), 500_000);
  t.equal(parse.bytes('1.5Gi'), 1.5 * 2 ** 30);
  for (const bad of ['', '-1', '1x', 'MiB', '1e3']) t.throws(() => parse.bytes(bad), bad);
});

t.test('spans of time in seconds', async (t) => {
  t.equal(parse.duration('30s'), 30);
  t.equal(parse.duration('500ms'), 0.5);
  t.equal(parse.duration('1h30m'), 5_400);
  for (const bad of ['', '30', 's', '1d', '1h x']) t.throws(() => parse.duration(bad), bad);
});

t.test('closed lists, numbers and switches say what they take', async (t) => {
  t.throws(() => parse.oneOf('a', 'b')('c'), /a, b/);
  t.throws(() => parse.wholeNumber(1, 5)('6'), /from 1 to 5/);
  t.throws(() => parse.wholeNumber(1, 5)('2.5'));
  t.throws(() => parse.yesNo('maybe'));
  t.same(parse.list('a, b'), ['a', 'b']);
  t.same(parse.list(''), []);
});
