import t from 'tap';
import { parseSelector } from '../../src/index.js';

const labels = { app: 'web', tier: 'front', 'example.com/zone': 'a', empty: '', weight: '7' };

const cases: readonly (readonly [string, boolean])[] = [
  ['', true],
  ['  ', true],
  ['app=web', true],
  ['app==web', true],
  ['app = web', true],
  ['app=api', false],
  ['app!=api', true],
  ['app!=web', false],
  ['missing!=web', true],
  ['app=web,tier!=db', true],
  ['app=web,tier=db', false],
  ['app in (web,api)', true],
  ['app in ( web , api )', true],
  ['app in (api)', false],
  ['missing in (a)', false],
  ['app notin (api,db)', true],
  ['app notin (web)', false],
  ['missing notin (web)', true],
  ['app', true],
  ['missing', false],
  ['!missing', true],
  ['!app', false],
  ['app,!missing,tier in (front)', true],
  ['example.com/zone=a', true],
  ['empty=', true],
  ['app=,tier=front', false],
  ['empty in (,x)', true],
  ['weight>6', true],
  ['weight<7', false],
  ['app>1', false],
  ['toString', false],
  ['constructor!=x', true],
];

for (const [text, expected] of cases) {
  t.test(`${JSON.stringify(text)} ${expected ? 'matches' : 'does not match'}`, async (t) => {
    t.equal(parseSelector(text).matches(labels), expected);
  });
}
