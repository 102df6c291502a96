import t from 'tap';
import { EventLines } from '../../src/kubernetes/event-lines.js';
import type { WatchEvent } from '../../src/kubernetes/kube-api.js';

const events = ['a', 'ä€😀', 'c'.repeat(5_000)].map((name) => ({
  type: 'ADDED',
  object: { metadata: { name } },
}));
const bytes = Buffer.from(`${events.map((event) => JSON.stringify(event)).join('\n')}\n`);

t.test('whatever the pieces are', (t) => {
  for (const size of [1, 2, 3, 7, 64, 10_000]) {
    const seen: WatchEvent[] = [];
    const lines = new EventLines((event) => seen.push(event));
    for (let at = 0; at < bytes.length; at += size) lines.push(bytes.subarray(at, at + size));
    t.strictSame(seen, events, `pieces of ${size}`);
  }
  t.end();
});

t.test('what is no event is refused, and so is one that never ends', (t) => {
  for (const text of ['<html>\n', '{}\n', '{"type":"ADDED","object":3}\n', 'null\n'])
    t.throws(() => new EventLines(() => {}).push(Buffer.from(text)), { name: 'KubeError' });
  const lines = new EventLines(() => {});
  const mebibyte = Buffer.alloc(1 << 20, 'x');
  t.throws(
    () => {
      for (let i = 0; i < 9; i++) lines.push(mebibyte);
    },
    { message: /over 8388608/ },
  );
  t.end();
});
