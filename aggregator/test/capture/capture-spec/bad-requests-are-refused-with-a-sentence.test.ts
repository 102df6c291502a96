import type { CaptureStart } from '@snoopy/proto';
import t from 'tap';
import { captureSpec, nothingMatches } from '../../../src/capture/capture-spec.js';
import { pod } from '../../fakes/fake-agents.js';

const good: CaptureStart = {
  namespace: 'shop',
  pods: ['web-*'],
  selector: 'app in (web,api), !canary',
  interfaces: ['eth0', 'net1@if3'],
  filter: ' tcp port 80 ',
  snaplen: 0,
  maxPackets: 0,
  maxBytes: 0,
  maxSeconds: 0,
};

t.test('what is right is taken', async (t) => {
  t.match(captureSpec(good), { filter: 'tcp port 80', selectorText: good.selector });
});

const refused: readonly [string, Partial<CaptureStart>, RegExp][] = [
  ['a filter that is a flag', { filter: '-w/x' }, /does not begin with "-"/],
  ['a filter that is a flag after a space', { filter: '  -z x' }, /does not begin with "-"/],
  ['a filter with a line end', { filter: 'tcp\n-w/x' }, /control characters/],
  ['a filter with an escape code', { filter: 'tcp\u001b[2J' }, /control characters/],
  ['a filter that is too long', { filter: 'ip or '.repeat(200) }, /most 1024 bytes/],
  ['a selector that cannot be', { selector: 'app=(' }, /selector "app=\(" will not do/],
  ['a namespace with a path', { namespace: '../shop' }, /cannot be a name/],
  ['a pod name with an escape code', { pods: ['web\u001b[31m'] }, /cannot be a name/],
  ['a pod name of a megabyte', { pods: ['w'.repeat(1 << 20)] }, /most 253/],
  ['too many pod names', { pods: Array.from({ length: 1_001 }, (_, i) => `w${i}`) }, /most 1000/],
  ['an interface that is a flag value', { interfaces: ['eth0 -w /x'] }, /cannot be a name/],
  ['too many interfaces', { interfaces: Array.from({ length: 17 }, (_, i) => `eth${i}`) }, /most 16/],
  ['a snaplen beyond all frames', { snaplen: 262_145 }, /most 262144/],
  ['a file that holds nothing', { maxBytes: 1_000 }, /at least 65536/],
  ['a month', { maxSeconds: 30 * 86_400 }, /most 7 days/],
];

for (const [what, change, sentence] of refused) {
  t.test(what, async (t) => {
    t.throws(() => captureSpec({ ...good, ...change }), { code: 'BAD_INPUT', message: sentence });
    try {
      captureSpec({ ...good, ...change });
    } catch (error) {
      t.notMatch((error as Error).message, /[\u0000-\u001f\u007f]/);
    }
  });
}

t.test('when no pod matches, the sentence says what there is', async (t) => {
  const spec = captureSpec(good);
  const say = (pods: ReturnType<typeof pod>[], agents = 2) => nothingMatches(spec, pods, agents).message;
  t.match(say([], 0), /no agent is connected/);
  t.match(say([]), /see no pod at all/);
  t.match(say([pod('ops/a@n'), pod('blog/b@n'), pod('ops/c@n')]), /namespaces with pods are blog, ops\./);
  const many = Array.from({ length: 12 }, (_, i) => pod(`shop/db-${i + 10}@n`));
  t.match(
    say(many),
    /^There is no pod named web-\* in the namespace shop with the labels app in .*: there are db-10, .*, db-17 and 4 more\.$/,
  );
});
