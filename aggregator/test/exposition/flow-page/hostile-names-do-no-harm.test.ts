import { spawnSync } from 'node:child_process';
import t from 'tap';
import { makeFlow, makePod } from '../../fakes/flow.js';
import { Exposition } from '../../fakes/page.js';

const names = [
  'a"} 1\nsnoopy_flow_bytes_total{x="',
  'back\\slash',
  'tail\\',
  '\u001b[31mred',
  'nul\0',
  'nul?',
  '名前',
  '\ud800 lone',
  '\udfff lone',
  'x'.repeat(300),
  `${'x'.repeat(299)}y`,
  'world',
  'other',
  '',
];

t.test('promtool takes the page, whatever pods are called', async (t) => {
  const exposition = new Exposition();
  let slot = 0;
  for (const name of names) {
    for (const namespace of ['', 'other', name]) {
      const pod = makePod(name, { namespace, workload: name });
      exposition.take(
        makeFlow({
          slot: slot++,
          sourcePod: pod,
          destinationPod: pod,
          handshakeUs: 5,
          closed: 1,
          request: { retransmits: 1, lostSegments: 1 },
          dns: [{ name: 'x', type: 1, rcode: 3, latencyUs: 9 }],
        }),
      );
    }
  }
  exposition.take(makeFlow({ slot: slot++, protocol: 47 }));
  const text = await exposition.text();
  const { status, stderr, stdout } = spawnSync('promtool', ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  });
  t.equal(status, 0, `${stderr}${stdout}`);
  await t.resolves(exposition.samples(), 'no series is there twice');
  t.equal(await exposition.sum('snoopy_connections_total'), slot);
});
