import type { FlowMessage } from '@snoopy/proto';
import t from 'tap';
import { flow } from '../../fakes/fake-aggregator.js';
import { snoopyInProcess } from '../../fakes/in-process.js';

const failed = (outcome: NonNullable<FlowMessage['outcome']>, more: FlowMessage = {}): FlowMessage =>
  flow({ outcome, outcomeFinal: true, ...more });
const broken = (closed: NonNullable<FlowMessage['closed']>, more: FlowMessage = {}): FlowMessage =>
  flow({ outcomeFinal: false, closed, ...more });

t.test('why an attempt failed, and who broke a connection after how much', async (t) => {
  const cases: [FlowMessage, RegExp][] = [
    [failed('OUTCOME_REFUSED'), / refused .* by an RST$/],
    [failed('OUTCOME_REFUSED', { syns: 3 }), / by an RST after 3 SYNs$/],
    [failed('OUTCOME_UNREACHABLE', { icmpType: 3, icmpCode: 10, syns: 1 }), / host prohibited$/],
    [failed('OUTCOME_TIMEOUT', { syns: 7 }), / no answer to 7 SYNs/],
    [failed('OUTCOME_TIMEOUT', { syns: 1 }), / no answer to 1 SYN/],
    [failed('OUTCOME_TIMEOUT', { protocol: 'SCTP' }), / timeout /],
    [failed('OUTCOME_ESTABLISHED', { syns: 2 }), / after 2 SYNs$/],
    [
      broken('CLOSED_ABORTED', {
        resetBy: 'VANTAGE_DESTINATION',
        resetAfterRequestBytes: 512,
        resetAfterReplyBytes: 20_000,
      }),
      / aborted .*reset by the destination after 512B sent, 20kB received/,
    ],
    [broken('CLOSED_RESET', { resetBy: 'VANTAGE_SOURCE' }), / reset .*reset by the source after 0B sent/],
  ];
  const flows = cases.map(([one]) => one);
  const { code, stdout } = await snoopyInProcess(['observe'], { flows: [{ flows }] });
  t.equal(code, 0);
  const lines = stdout.trimEnd().split('\n').slice(1);
  for (const [i, [, pattern]] of cases.entries()) t.match(lines[i], pattern);
});

t.test('JSON has the numbers', async (t) => {
  const flows = [
    failed('OUTCOME_TIMEOUT', { syns: 7 }),
    broken('CLOSED_ABORTED', { resetBy: 'VANTAGE_SOURCE', resetAfterReplyBytes: 9 }),
  ];
  const { stdout } = await snoopyInProcess(['observe', '-o', 'json'], { flows: [{ flows }] });
  const [timeout, aborted] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(timeout, { outcome: 'OUTCOME_TIMEOUT', syns: 7 });
  t.match(aborted, { resetBy: 'VANTAGE_SOURCE', resetAfterReplyBytes: 9 });
});
