import { Closed, EmitReason, FlowExtra, Outcome } from '@snoopy/proto';
import t from 'tap';
import { type RowSpec, tcpPair, World } from './world.js';

/** A connection's last records, the client's and the server's, or the client's alone. */
function told(client: Partial<RowSpec>, server?: Partial<RowSpec>) {
  const world = new World();
  const [a, b] = [world.pod('web', 'a', '10.0.0.1'), world.pod('db', 'b', '10.0.0.2')];
  world.agent('a');
  world.agent('b');
  const [c, s] = tcpPair(a, b, 40_000);
  world.send({ ...c, ...client });
  if (server) world.send({ ...s, ...server });
  world.pass(1_000);
  return world.taken();
}

const attempt = { closed: Closed.none, received: [0, 0] as [number, number] };

t.test('an attempt: SYNs, who refused it', (t) => {
  t.match(told({ ...attempt, outcome: Outcome.timeout, extras: { [FlowExtra.synRetries]: 6 } }), [
    { syns: 7, resetBy: 0 },
  ]);
  t.match(told({ ...attempt, outcome: Outcome.refused }), [{ syns: 1, resetBy: 2 }]);
  t.match(
    told({}),
    [{ outcome: Outcome.established, syns: 0, resetBy: 0 }],
    'nothing to say when all went well',
  );
  t.match(told({ extras: { [FlowExtra.synRetries]: 1 } }), [{ syns: 2 }], 'at the second try');
  t.end();
});

t.test('a reset: by whom, after how many bytes, whichever end tells it', (t) => {
  const extras = (by: number, sent: number, received: number) => ({
    closed: Closed.aborted,
    reason: EmitReason.closed,
    extras: {
      [FlowExtra.resetBy]: by,
      [FlowExtra.resetAfterSent]: sent,
      [FlowExtra.resetAfterReceived]: received,
    },
  });
  const expected = [{ resetBy: 2, resetAfterRequest: 500, resetAfterReply: 2 ** 33, closed: Closed.aborted }];
  t.match(told(extras(2, 500, 2 ** 33)), expected, 'the client: the peer did');
  t.match(told({ closed: Closed.aborted }, extras(1, 2 ** 33, 500)), expected, 'the server: I did');
  t.match(told(extras(2, 500, 2 ** 33), extras(1, 2 ** 33, 490)), expected, 'both: the client’s word');
  t.end();
});
