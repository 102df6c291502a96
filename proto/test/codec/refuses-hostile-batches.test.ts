import t from 'tap';
import { FlowMaker, seeded } from '../../bench/flow-maker.js';
import { decodeFlowBatch, encodeFlowBatch, FlowColumns, FlowLimits, SnoopyError } from '../../src/index.js';
import { readFields, writeFields } from './oracle.js';

const columns = new FlowColumns(100);
new FlowMaker(5).fill(columns, 40);
const valid = encodeFlowBatch(
  {
    epoch: 1,
    firstSequence: 1,
    lost: [{ stage: 'uplink', reason: 'full', count: 2, unit: 'LOSS_UNIT_RECORDS' }],
  },
  columns,
);
const into = new FlowColumns(1_000);

/** The sentence with which it is refused, or '' when it was taken; anything else that is thrown fails the test. */
function refusal(bytes: Uint8Array): string {
  try {
    decodeFlowBatch(bytes, into);
    return '';
  } catch (error) {
    if (error instanceof SnoopyError && error.code === 'BAD_INPUT') return error.message;
    throw error;
  }
}

t.test('cut off at every byte', (t) => {
  let taken = 0;
  for (let length = 0; length < valid.length; length++)
    if (refusal(valid.subarray(0, length)) === '') taken++;
  // Only what ends between two fields, before the rows or after all columns that must be there, can be taken.
  t.ok(taken < 12, `${taken} of ${valid.length}`);
  t.equal(refusal(valid), '');
  t.end();
});

t.test('twenty thousand mutations', (t) => {
  const random = seeded(11);
  let refused = 0;
  for (let round = 0; round < 20_000; round++) {
    const bytes = Uint8Array.from(valid);
    for (let n = 1 + Math.floor(random() * 4); n > 0; n--)
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    if (refusal(bytes) !== '') refused++;
    else if (into.pod.subarray(0, into.rows).some((pod) => pod >= into.pods.length))
      t.fail('an index is out of range');
  }
  t.ok(refused > 2_000, `${refused} refused`);
  t.end();
});

t.test('values that a well-formed message can hold but a batch cannot', (t) => {
  const change = (changes: object): string => refusal(writeFields({ ...readFields(valid), ...changes }));
  const fields = readFields(valid);
  const all = (value: number): number[] => new Array<number>(fields.rows).fill(value);
  t.equal(change({}), '');
  t.match(change({ rows: 41 }), /holds fewer than 41 values/);
  t.match(change({ rows: 39 }), /holds more than 39 values/);
  t.match(change({ rows: FlowLimits.rows + 1 }), /has 10001 rows/);
  t.match(change({ pod: all(20) }), /pod names entry 20 of 20/);
  t.match(change({ peer_address: all(84) }), /peerAddress names entry 84 of 84/);
  t.match(change({ local_address: all(85) }), /localAddress names entry 84 of 84/);
  t.match(change({ local_address: all(0) }), /localAddress names entry -1/);
  t.match(change({ kind: all(99) }), /kind names entry 99/);
  t.match(change({ kinds: [6 | (3 << 8)] }), /initiator|kind names/);
  t.match(change({ service_port: all(65_536) }), /servicePort is over/);
  t.match(change({ client_port: Buffer.alloc(79) }), /clientPort does not hold 40 values/);
  t.match(change({ sent_empty: all(2 ** 40) }), /out of range/);
  t.match(change({ received_overhead: all(-(2 ** 40)) }), /out of range/);
  t.match(change({ last_us: all(-(2 ** 52)) }), /a time is out of range/);
  t.match(change({ client_isn: [] }), /clientIsn holds too few/);
  t.match(change({ extra_row: [1_000] }), /extraRow names row 1000 of 40/);
  t.match(change({ extra_field: [] }), /extraField holds fewer/);
  t.match(
    change({ dns_row: [0], dns_name: [30], dns_type: [1], dns_rcode: [0], dns_latency_us: [1] }),
    /dnsName holds 30/,
  );
  t.match(change({ addresses_v4: Buffer.alloc(3) }), /address is cut off/);
  t.match(change({ addresses_v6: Buffer.alloc(16 * 9_000) }), /has 9084 addresses/);
  t.match(change({ names: ['a'.repeat(256)] }), /256 bytes, the limit is 255/);
  t.match(change({ names: ['evil\u001b[2J'] }), /control characters/);
  t.match(change({ names: new Array(4_097).fill('a') }), /more than 4096 names/);
  t.match(change({ pods: [{ uid: 'u', namespace: 'n', name: '../../etc/passwd' }] }), /cannot be a name/);
  t.match(change({ pods: [{ uid: 'u', namespace: '\u001b[31m', name: 'p' }] }), /control characters/);
  t.match(change({ pods: [{ uid: '', namespace: 'n', name: 'p' }] }), /no uid/);
  t.match(
    change({ pods: new Array(1_001).fill({ uid: 'u', namespace: 'n', name: 'p' }) }),
    /more than 1000 pods/,
  );
  t.match(change({ lost: new Array(257).fill({ count: 1 }) }), /more than 256 losses/);
  t.match(change({ first_sequence: Number.MAX_SAFE_INTEGER }), /sequence numbers are over/);
  t.end();
});

t.test('what is not the wire format of a batch', (t) => {
  t.match(
    refusal(Uint8Array.of(0x18, ...new Array<number>(10).fill(0x80), 1)),
    /over 2\^53/,
    'a varint too long',
  );
  t.match(refusal(Uint8Array.of(0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)), /over 2\^53/);
  t.match(refusal(Uint8Array.of(0x1b)), /wrong wire type/, 'a group');
  t.match(refusal(Uint8Array.of(0x06)), /number 0/);
  t.match(refusal(Uint8Array.of(0x58, 0x01)), /kind has the wrong wire type/, 'a column that is not packed');
  t.match(refusal(Buffer.concat([valid, Uint8Array.of(0x6a, 0x01, 0x01)])), /pod comes twice/);
  t.match(refusal(Buffer.alloc(FlowLimits.batchBytes + 1)), /has 4194305 bytes/);
  t.equal(
    refusal(Buffer.concat([valid, Uint8Array.of(0xc2, 0x3e, 0x03, 1, 2, 3, 0xc0, 0x3e, 0x07)])),
    '',
    'unknown fields are passed over',
  );
  t.match(refusal(Uint8Array.of(0x2a, 0x03, 0x0a, 0x01, 0xff)), /not UTF-8/);
  t.match(refusal(Uint8Array.of(0x32, 0xff, 0xff, 0xff, 0xff, 0x0f)), /cut off/, 'a length of 4 GiB');
  t.end();
});
