import t from 'tap';
import { parseNetnsList } from '../../../src/pods/netns-list.js';

const good = { namespace: 'shop', name: 'web-0', netns: '/run/netns/web' };

t.test('a list of namespaces is read', async (t) => {
  const [entry, other] = parseNetnsList(
    JSON.stringify([good, { ...good, name: 'api', uid: 'X-1', labels: { app: 'api', 'a.b/c': '' } }]),
  );
  t.same(entry, { ...good, uid: 'shop/web-0', labels: {} });
  t.same(other!.uid, 'X-1');
  t.same(other!.labels, { app: 'api', 'a.b/c': '' });
  t.same(parseNetnsList('[]'), []);
});

const bad: readonly (readonly [string, unknown, RegExp])[] = [
  ['an object', {}, /must be a JSON array/],
  ['a number in the array', [7], /entry 1 is not an object/],
  ['no name', [good, { namespace: 'x', netns: '/n' }], /entry 2 has no name/],
  [
    'a path for a name',
    [{ ...good, name: '../../etc' }],
    /name "..\/..\/etc" will not do: give small letters/,
  ],
  ['escape codes', [{ ...good, name: '\u001b[2Jx' }], /name "\\u001b\[2Jx" will not do/],
  ['upper case', [{ ...good, namespace: 'Shop' }], /namespace "Shop" will not do/],
  ['a number for a name', [{ ...good, name: 5 }], /name 5 will not do/],
  [
    'a relative path',
    [{ ...good, netns: 'run/netns/x' }],
    /netns "run\/netns\/x" will not do: give an absolute path/,
  ],
  ['a path that climbs', [{ ...good, netns: '/run/netns/../x' }], /no \.\. in the path/],
  [
    'an unknown key',
    [{ ...good, label: {} }],
    /unknown key "label"; known are namespace, name, uid, labels, netns/,
  ],
  ['labels that are a list', [{ ...good, labels: [] }], /labels must be an object/],
  ['a label value with a blank', [{ ...good, labels: { a: 'b c' } }], /value "b c" of label a will not do/],
  ['a label key with a blank', [{ ...good, labels: { 'a b': 'c' } }], /label key "a b" will not do/],
  ['twins', [good, { ...good, uid: 'other' }], /"shop\/web-0" is there twice/],
  [
    'one uid for two',
    [
      { ...good, uid: 'u' },
      { ...good, name: 'b', uid: 'u' },
    ],
    /"u" is there twice/,
  ],
];

for (const [what, value, message] of bad) {
  t.test(`${what} is refused`, async (t) => {
    t.throws(() => parseNetnsList(JSON.stringify(value)), { code: 'BAD_INPUT', message });
  });
}

t.test('what is not JSON is refused without its control characters', async (t) => {
  t.throws(() => parseNetnsList('[{"namespace":\u001b'), { message: /^it is not JSON: [^\u001b]*$/ });
});
