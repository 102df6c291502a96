import t from 'tap';
import { printable, SnoopyError } from '../src/index.js';

t.test('what reaches a terminal holds no control or reordering characters', async (t) => {
  t.equal(printable('a\u001b[31mred\u0007\r\n\u202eexe'), 'a?[31mred????exe');
  t.equal(printable('grüße 世界'), 'grüße 世界');
  t.equal(printable('x'.repeat(300)).length, 253);
  t.equal(new SnoopyError('BAD_INPUT', 'pod "\u001b]0;x"').message, 'pod "?]0;x"');
});

t.test('a code says whether trying again helps, and its gRPC status', async (t) => {
  t.ok(new SnoopyError('UNAVAILABLE', 'x').retryable);
  t.notOk(new SnoopyError('BAD_INPUT', 'x').retryable);
  t.equal(new SnoopyError('BAD_INPUT', 'x').grpcCode, 3);
});
