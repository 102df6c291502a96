import { type FlowFilter, type GetFlowsRequest, SnoopyError } from '@snoopy/proto';
import t from 'tap';
import { everything } from '../../../src/access/scope.js';
import { readQuery } from '../../../src/observe/flows-query.js';
import { makeFilter, makeRequest } from '../../fakes/query.js';

const filters: readonly (readonly [what: string, filter: Partial<FlowFilter>, field: RegExp])[] = [
  ['an address with too few parts', { cidrs: ['10.0.0'] }, /include\[0\]\.cidrs\[0\]/],
  ['an octet over 255', { cidrs: ['10.0.0.256'] }, /cidrs\[0\]/],
  ['an octet with a zero in front, which others read as octal', { cidrs: ['10.0.0.010'] }, /cidrs\[0\]/],
  ['a prefix that is too long', { cidrs: ['10.0.0.0/8', '10.0.0.0/33'] }, /cidrs\[1\].*0 to 32/],
  ['a prefix that is no number', { cidrs: ['10.0.0.0/x'] }, /cidrs\[0\]/],
  ['an IPv6 address with two gaps', { cidrs: ['1::2::3'] }, /cidrs\[0\]/],
  ['an IPv6 address that is too long', { cidrs: ['1:2:3:4:5:6:7:8:9'] }, /cidrs\[0\]/],
  ['an IPv6 prefix that is too long', { cidrs: ['2001:db8::/129'] }, /0 to 128/],
  ['a selector with a syntax error', { selector: 'app in (web' }, /include\[0\]\.selector/],
  ['a star inside a name', { pods: ['we*b'] }, /include\[0\]\.pods\[0\]/],
  ['an unknown protocol', { protocols: ['tcp', 'http'] }, /protocols\[1\].*tcp, udp/],
  ['a protocol number over 255', { protocols: ['256'] }, /protocols\[0\]/],
  ['port 0', { ports: [0] }, /ports\[0\].*1 to 65535/],
  ['a port over 65535', { ports: [70_000] }, /ports\[0\]/],
  ['an outcome from the future', { outcomes: [9 as never] }, /outcomes\[0\]/],
  ['too much', { namespaces: new Array(1_001).fill('a') }, /at most 1000/],
  ['too many DNS patterns', { dnsNames: new Array(33).fill('a') }, /at most 32/],
  ['an entry that is too long', { pods: ['a'.repeat(254)] }, /253/],
];

for (const [what, filter, sentence] of filters)
  t.test(what, async (t) => refused(t, { include: [makeFilter(filter)] }, sentence));

t.test('an excluded filter is named so', async (t) =>
  refused(t, { exclude: [makeFilter(), makeFilter({ cidrs: ['x'] })] }, /exclude\[1\]\.cidrs\[0\]/),
);

const second = (seconds: number, nanos = 0) => ({ seconds, nanos });
const requests: readonly (readonly [what: string, request: Partial<GetFlowsRequest>, field: RegExp])[] = [
  ['more than is kept', { last: 65_537 }, /^last: .*65536/],
  ['an end before the beginning', { since: second(10), until: second(9) }, /^until: /],
  ['nanoseconds over a second', { since: second(1, 1e9) }, /^since: /],
  ['a time before 1970', { until: second(-1) }, /^until: /],
];

for (const [what, request, sentence] of requests) t.test(what, async (t) => refused(t, request, sentence));

t.test('what is hostile is not repeated as it came', async (t) => {
  const error = refusal({ include: [makeFilter({ cidrs: ['\u001b[2J'] })] });
  t.notMatch(error.message, /\u001b/);
});

function refusal(request: Partial<GetFlowsRequest>): SnoopyError {
  try {
    readQuery(makeRequest(request), everything);
  } catch (error) {
    if (error instanceof SnoopyError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

function refused(t: Tap, request: Partial<GetFlowsRequest>, sentence: RegExp): void {
  const error = refusal(request);
  t.equal(error.code, 'BAD_INPUT');
  t.match(error.message, sentence);
  t.match(error.message, /\.$/);
}

type Tap = Pick<typeof t, 'equal' | 'match'>;
