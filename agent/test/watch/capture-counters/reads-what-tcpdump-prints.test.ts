import t from 'tap';
import { CaptureCounters } from '../../../src/watch/capture-counters.js';

t.test('one line at SIGUSR1, three at the end', async (t) => {
  const counters = new CaptureCounters();
  t.notOk(
    counters.line('tcpdump: listening on eth0, link-type EN10MB (Ethernet), snapshot length 384 bytes'),
  );
  const line = 'tcpdump: 5 packets captured, 9 packets received by filter, 1 packet dropped by kernel';
  t.ok(counters.line(line));
  t.same([counters.captured, counters.received, counters.dropped, counters.unread], [5, 9, 1, 3]);
  t.notOk(counters.line('11 packets captured'));
  t.notOk(counters.line('13 packets received by filter'));
  t.equal(counters.reports, 1);
  t.ok(counters.line('2 packets dropped by kernel'));
  t.same([counters.captured, counters.received, counters.dropped, counters.unread], [11, 13, 2, 0]);
  t.equal(counters.reports, 2);
});

t.test('the numbers of tcpdump have 32 bits and wrap', async (t) => {
  const counters = new CaptureCounters();
  counters.line(
    'tcpdump: 4294967290 packets captured, 4294967295 packets received by filter, 5 packets dropped by kernel',
  );
  counters.line('tcpdump: 10 packets captured, 15 packets received by filter, 5 packets dropped by kernel');
  t.same([counters.captured, counters.received, counters.dropped], [4_294_967_306, 4_294_967_311, 5]);
});
