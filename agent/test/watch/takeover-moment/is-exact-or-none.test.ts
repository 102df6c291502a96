import t from 'tap';
import { OverlapLog } from '../../../src/watch/overlap-log.js';
import { type Answers, momentBetweenNeighbours, quietMoment } from '../../../src/watch/takeover-moment.js';
import { fileHeader, numbered, type Packet, record } from '../../fakes/pcap.js';

const start = 1_700_000_000e6;
const all = numbered(Array.from({ length: 20 }, (_, i) => start + i * 1_000));
const later = all.map(({ us, frame }) => ({ us: us + 3, frame }));

function logOf(packets: readonly Packet[]): OverlapLog {
  const log = new OverlapLog(fileHeader());
  for (const packet of packets) log.push(record(packet));
  return log;
}

/** Asked between packets 2 and 18; the old one answered behind 10, having accepted 107 of all before. */
function answers(more: Partial<Answers> = {}): Answers {
  return {
    oldBefore: { accepted: 100, dropped: 7 },
    newBefore: { accepted: 0, dropped: 1 },
    fromUs: start + 2_500,
    old: { accepted: 107, dropped: 9 },
    askedUs: start + 18_500,
    new: { accepted: 12, dropped: 1 },
    ...more,
  };
}

/** What the old one accepted around it; its records 101 and up. */
const old = logOf(all.filter((_, i) => i >= 2 && ![4, 7].includes(i)));

t.test('nothing was dropped in between: any moment will do', async (t) => {
  const quiet = answers({ old: { accepted: 107, dropped: 7 } });
  t.same(quietMoment(quiet), { fromUs: start + 2_500, oldDropped: 7, newDropped: 1 });
});

t.test('either dropped something in between: not any', async (t) => {
  t.equal(quietMoment(answers()), undefined);
  const dropped = { accepted: 12, dropped: 2 };
  t.equal(quietMoment(answers({ old: { accepted: 107, dropped: 7 }, new: dropped })), undefined);
});

t.test('the answer came between two packets that were neighbours: between them', async (t) => {
  // 101 is packet 2, so 107 is packet 10
  const moment = momentBetweenNeighbours(answers(), old, 101, logOf(later));
  t.same(moment, { fromUs: start + 10_003, oldDropped: 9, newDropped: 1 });
});

t.test('packets in between that the old one dropped: before or after the answer, nobody knows', async (t) => {
  // 104 is packet 6; 7 was dropped
  const dropping = answers({ old: { accepted: 104, dropped: 9 } });
  t.equal(momentBetweenNeighbours(dropping, old, 101, logOf(later)), undefined);
});

t.test('without one of the neighbours, or before the new one is complete, nothing is known', async (t) => {
  t.equal(momentBetweenNeighbours(answers(), old, 101, logOf(later.slice(0, 11))), undefined);
  t.equal(momentBetweenNeighbours(answers(), old, 101, logOf(later.slice(11))), undefined);
  t.equal(momentBetweenNeighbours(answers(), old, 108, logOf(later)), undefined);
  t.equal(momentBetweenNeighbours(answers({ fromUs: start + 10_500 }), old, 101, logOf(later)), undefined);
  t.equal(momentBetweenNeighbours(answers({ askedUs: start + 10_500 }), old, 101, logOf(later)), undefined);
  const overrun = answers({ new: { accepted: 12, dropped: 2 } });
  t.equal(momentBetweenNeighbours(overrun, old, 101, logOf(later)), undefined);
});
