import t from 'tap';
import { ownLinks, withoutOwnLinks } from '../../../src/uplink/own-links.js';

t.test('the aggregator’s address and port, from both sides', async (t) => {
  const { links, filter } = ownLinks('10.1.2.3:4244');
  t.equal(links.length, 1);
  t.same([...links[0]!.peerAddress], [10, 1, 2, 3]);
  t.equal(links[0]!.peerPort, 4_244);
  t.equal(filter, 'not (tcp port 4244 and host 10.1.2.3)');
  t.equal(ownLinks('[2001:db8::1]:4244').filter, 'not (tcp port 4244 and host 2001:db8::1)');
  t.equal(ownLinks('[::ffff:10.1.2.3]:4244').filter, filter);
});

t.test('what is no address adds nothing', async (t) => {
  for (const peer of ['unknown', '', 'host:1', 'unix:/run/x'])
    t.same(ownLinks(peer), { links: [], filter: '' });
});

t.test('an asker’s filter stays a whole', async (t) => {
  t.equal(withoutOwnLinks('udp or tcp', 'not (x)'), '(udp or tcp) and not (x)');
  t.equal(withoutOwnLinks('', 'not (x)'), 'not (x)');
  t.equal(withoutOwnLinks('udp', ''), 'udp');
});
