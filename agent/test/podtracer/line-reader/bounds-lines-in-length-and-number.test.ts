import t from 'tap';
import { LineReader } from '../../../src/podtracer/line-reader.js';

const setUp = () => {
  const clock = { ms: 0, nowUs: () => 0, monotonicMs: () => clock.ms };
  const lines: string[] = [];
  const reader = new LineReader(clock, (line) => lines.push(line));
  return { clock, lines, reader };
};

t.test('lines come whole, printable, and the last one without a line feed too', async (t) => {
  const { lines, reader } = setUp();
  const text = Buffer.from('one\ntw');
  reader.push(text);
  reader.push(Buffer.from('o\r\nthr\u001b[31mee\u202e\tx\nä'));
  const broken = Buffer.from('ö\n');
  reader.push(broken.subarray(0, 1));
  reader.push(broken.subarray(1));
  reader.push(Buffer.from('end'));
  reader.end();
  t.same(lines, ['one', 'two', 'thr?[31mee? x', 'äö', 'end']);
});

t.test('a line is bounded in length, also one that never ends', async (t) => {
  const { lines, reader } = setUp();
  for (let i = 0; i < 100; i++) reader.push(Buffer.alloc(65_536, 'x'));
  reader.push(Buffer.from('\nnext\n'));
  t.equal(lines.length, 2);
  t.equal(lines[0]!.length, 1_000);
  t.equal(lines[1], 'next');
});

t.test('a flood is dropped and counted, a steady rate passes', async (t) => {
  const { clock, lines, reader } = setUp();
  reader.push(Buffer.from('x\n'.repeat(5_000)));
  t.equal(lines.length, 1_000);
  t.equal(reader.lines, 5_000);
  t.equal(reader.dropped, 4_000);
  for (let i = 0; i < 100; i++) {
    clock.ms += 1_000;
    reader.push(Buffer.from('counters\n'));
  }
  t.equal(lines.length, 1_100);
  t.equal(reader.last.length, 20);
});
