import t from 'tap';
import { makeFlow, makePod } from '../../fakes/flow.js';
import { Exposition, parsePage } from '../../fakes/page.js';

t.test('a page kept over many scrapes says the same as a fresh one', async (t) => {
  const kept = new Exposition();
  const fresh = new Exposition();
  const pods = Array.from({ length: 40 }, (_, i) => makePod(`pod-${i}`));
  for (let round = 0; round < 30; round++) {
    for (let i = 0; i < 100; i++) {
      const n = round * 100 + i;
      const flow = makeFlow({
        slot: n,
        sourcePod: pods[(n * 7) % (round + 2)],
        destinationPod: pods[(n * 11) % 5],
        handshakeUs: (n * 7_919) % 4_000_000,
        closed: n % 5,
        request: { bytes: n ** 4, packets: n + 1 },
      });
      kept.take(flow);
      fresh.take(flow);
    }
    await kept.text();
  }
  t.same(await kept.samples(), await fresh.samples());
});

t.test('an empty family is not on the page, and every one there has HELP and TYPE once', async (t) => {
  const exposition = new Exposition();
  t.equal(await exposition.text(), '');
  exposition.take(makeFlow());
  exposition.take(makeFlow({ slot: 1, destinationPort: 443 }));
  const text = await exposition.text();
  t.same(text.match(/^# TYPE .*$/gm), [
    '# TYPE snoopy_flow_bytes_total counter',
    '# TYPE snoopy_flow_packets_total counter',
    '# TYPE snoopy_connections_total counter',
  ]);
  t.equal(text.match(/^# HELP /gm)?.length, 3);
});

t.test('flows that come while the page is brought up to date are on the next one', async (t) => {
  const exposition = new Exposition(100_000, 100_000);
  for (let slot = 0; slot < 3_000; slot++) {
    exposition.take(makeFlow({ slot, sourcePod: makePod(`pod-${slot}`), handshakeUs: 10 }));
  }
  const update = exposition.text();
  let more = 0;
  const timer = setInterval(() => {
    for (let i = 0; i < 50; i++) {
      exposition.take(makeFlow({ slot: 5_000 + more, sourcePod: makePod(`late-${more}`), handshakeUs: 10 }));
      more++;
    }
  }, 0);
  parsePage(await update);
  clearInterval(timer);
  t.equal(await exposition.sum('snoopy_connections_total'), 3_000 + more);
});
