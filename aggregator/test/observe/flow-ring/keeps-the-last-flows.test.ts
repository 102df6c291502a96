import t from 'tap';
import { FlowRing } from '../../../src/observe/flow-ring.js';
import { Entry } from '../../../src/observe/ring-entry.js';
import { makeFlow, makeView } from '../../fakes/flow.js';

const answer = { name: 'db.shop', type: 1, rcode: 0, latencyUs: 900 };

t.test('the oldest goes when the ring is full, and positions say exactly which', async (t) => {
  const ring = new FlowRing(8);
  for (let i = 0; i < 21; i++) ring.take(makeFlow({ timeUs: i }));
  t.equal(ring.position(), 21);
  t.equal(ring.oldest(), 13);
  for (let p = ring.oldest(); p < ring.position(); p++) {
    t.equal(ring.doubles[ring.slotOf(p) * Entry.doubles + Entry.time], p);
  }
});

t.test('DNS transactions are bounded too: more of them push the oldest flows out', async (t) => {
  const ring = new FlowRing(64, 10);
  for (let i = 0; i < 20; i++) ring.take(makeFlow({ dns: [answer, answer, answer] }));
  t.equal(ring.position() - ring.oldest(), 3);
  ring.take(makeFlow({ dns: new Array(50).fill(answer) }));
  t.equal(ring.position() - ring.oldest(), 1, 'a flow that is over the bound by itself still comes through');
  ring.take(makeFlow());
  t.equal(ring.position() - ring.oldest(), 2, 'one without DNS needs no room');
  for (let i = 0; i < 64; i++) ring.take(makeFlow());
  ring.take(makeFlow({ dns: [answer, answer, answer] }));
  ring.take(makeFlow({ dns: [answer, answer, answer] }));
  t.equal(ring.position() - ring.oldest(), 64, 'what left was given back');
});

t.test('a slot that is used again holds nothing of the flow before', async (t) => {
  const ring = new FlowRing(1);
  ring.take(makeFlow({ dns: [answer] }));
  ring.take(makeFlow());
  t.same(ring.dns[0], []);
});

t.test('one flow holds 1,000 DNS transactions; what is beyond is counted', async (t) => {
  const ring = new FlowRing(4);
  ring.take(makeFlow({ dns: new Array(1_234).fill(answer) }));
  t.equal(ring.dns[0]!.length, 1_000);
  t.equal(ring.dnsDropped, 234);
});

t.test('views beyond the usual two take the room of DNS transactions', async (t) => {
  const ring = new FlowRing(64, 10);
  const folded = () =>
    makeFlow({ views: [1, 1, 2].map((vantage) => makeView({ vantage })), viewCount: 3, folded: true });
  for (let i = 0; i < 20; i++) ring.take(folded());
  t.equal(ring.position() - ring.oldest(), 3);
  for (let i = 0; i < 64; i++) ring.take(makeFlow());
  t.equal(ring.position() - ring.oldest(), 64, 'what left was given back');
  t.same(new Set(ring.folded), new Set([undefined]));
});
