import t from 'tap';
import { ReaderHold } from '../../src/ingest/reader-hold.js';

t.test('a burst waits for readers who keep up, ten seconds at most', (t) => {
  const readers = {
    written: 0,
    read: 0,
    position: () => readers.written,
    flushedPosition: () => readers.read,
  };
  const hold = new ReaderHold(readers, 0);
  t.equal(hold.waits(1_000), false);
  readers.written = 20_000;
  t.equal(hold.waits(1_001), true);
  readers.read = 10_000;
  t.equal(hold.waits(2_000), false, 'they have caught up');
  readers.written = 40_000;
  t.equal(hold.waits(2_001), true);
  t.equal(hold.waits(10_000), true);
  t.equal(hold.waits(12_100), false, 'enough is enough');
  t.equal(hold.waits(12_105), false);
  t.equal(hold.waits(40_000), true, 'earned again with time');
  t.equal(hold.waits(43_000), false, 'but not all of it');
  t.end();
});
