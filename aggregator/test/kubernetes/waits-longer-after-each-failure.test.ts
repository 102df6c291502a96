import t from 'tap';
import { KubeError } from '../../src/kubernetes/kube-api.js';
import { RetryDelay } from '../../src/kubernetes/retry-delay.js';

const waits = (status: number, count: number, random = 1): number[] => {
  const delay = new RetryDelay(() => random);
  return Array.from({ length: count }, () => delay.next(new KubeError(status, '')));
};

t.test('1 s, then twice as long each time; 30 s at most; half of it is chance', (t) => {
  t.strictSame(waits(429, 7), [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  t.strictSame(waits(429, 2, 0), [500, 1_000]);
  t.end();
});

t.test('a server that is not there is looked for every 2.5 s at most', (t) => {
  t.strictSame(waits(0, 4), [1_000, 2_000, 2_500, 2_500]);
  t.end();
});

t.test('what the server forgot is asked for again at once, but only once', (t) => {
  t.strictSame(waits(410, 2), [0, 2_000]);
  t.end();
});

t.test('after a success it begins again', (t) => {
  const delay = new RetryDelay(() => 1);
  delay.next(new KubeError(500, ''));
  delay.succeeded();
  t.equal(delay.next(new KubeError(500, '')), 1_000);
  t.end();
});
