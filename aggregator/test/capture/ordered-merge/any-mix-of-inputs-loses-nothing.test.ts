import t from 'tap';
import { OrderedMerge } from '../../../src/capture/ordered-merge.js';
import { checkChunk } from '../../../src/capture/packet-input.js';
import { records } from '../records.js';

const base = 1_800_000_000;
const time = { baseSeconds: base, offsetNs: 0 };

/** Mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Inputs that send chunks of at most 600 ms up to `delayMs` after their last packet's time.
 * Returns the marks in the order in which they left, and how many were late.
 */
function run(seed: number, delayMs: number) {
  const random = seeded(seed);
  const merge = new OrderedMerge({ waitMs: 1_000, bytes: 256 << 20 });
  const left: number[] = [];
  const inputs = Array.from({ length: 2 + Math.floor(random() * 6) }, () => merge.open(time));
  const waiting: { atMs: number; send: () => void }[] = [];
  let sent = 0;
  let acknowledged = 0;
  for (const input of inputs) {
    let ms = 0;
    let arrival = 0;
    while (ms < 5_000) {
      const packets = Array.from({ length: 1 + Math.floor(random() * 20) }, () => {
        ms += random() ** 4 * 30;
        return { us: base * 1e6 + Math.round(ms * 1_000), mark: sent++ };
      });
      arrival = Math.max(arrival, ms + random() * delayMs);
      const chunk = checkChunk(records(packets), time);
      const atMs = arrival;
      waiting.push({ atMs, send: () => merge.push(input, chunk, atMs, () => acknowledged++) });
    }
  }
  waiting.sort((a, b) => a.atMs - b.atMs);
  const drain = (nowMs: number) => {
    merge.advance(nowMs);
    for (let input = merge.next(); input; input = merge.next()) {
      left.push(input.headNs);
      merge.shift();
    }
  };
  for (const { atMs, send } of waiting) {
    send();
    drain(atMs);
  }
  merge.flush();
  drain(1e9);
  return { left, sent, late: merge.late, chunks: waiting.length, acknowledged, waits: merge.waitingBytes };
}

t.test('delays below the window: everything in order', async (t) => {
  for (let seed = 1; seed <= 30; seed++) {
    const { left, sent, late, chunks, acknowledged, waits } = run(seed, 400);
    const sorted = left.every((ns, i) => i === 0 || ns >= left[i - 1]!);
    t.match(
      { left: left.length, late, sorted, acknowledged, waits },
      { left: sent, late: 0, sorted: true, acknowledged: chunks, waits: 0 },
      `seed ${seed}`,
    );
  }
});

t.test('delays beyond the window: nothing lost, and the late ones are counted exactly', async (t) => {
  let lateInAll = 0;
  for (let seed = 1; seed <= 30; seed++) {
    const { left, sent, late } = run(seed, 6_000);
    let highest = Number.NEGATIVE_INFINITY;
    let behind = 0;
    for (const ns of left) {
      if (ns < highest) behind++;
      else highest = ns;
    }
    t.strictSame([left.length, late], [sent, behind], `seed ${seed}`);
    lateInAll += late;
  }
  t.ok(lateInAll > 0, 'the case came up');
});
