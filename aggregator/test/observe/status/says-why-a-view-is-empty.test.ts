import type { AgentStatusMessage, PodMessage } from '@snoopy/proto';
import t from 'tap';
import { type HintFacts, hints } from '../../../src/observe/hints.js';
import { makePod } from '../../fakes/flow.js';
import { makeFilter } from '../../fakes/query.js';

function pod(name: string, fields: PodMessage = {}): PodMessage {
  return { uid: name, namespace: 'shop', name, selected: true, state: 'WATCH_STATE_WATCHED', ...fields };
}

function agent(pods: PodMessage[], fields: AgentStatusMessage = {}): AgentStatusMessage {
  return { name: 'node-1', connected: true, pods, ...fields };
}

const failed = pod('api', { state: 'WATCH_STATE_FAILED', reason: 'namespace-gone: the path is not there.' });
const unselected = pod('db', { selected: false, state: 'WATCH_STATE_NOT_SELECTED' });
const leftOut = pod('cache', { state: 'WATCH_STATE_LEFT_OUT', reason: 'packet-memory: full.' });
const known = [makePod('web'), makePod('db', { uid: 'db', namespace: 'data', watched: false })];

const cases: readonly (readonly [what: string, facts: Partial<HintFacts>, sentences: readonly RegExp[]])[] = [
  ['no agent ever', { statuses: [] }, [/No agent has connected yet.*--agents-listen/]],
  ['no agent now', { statuses: [agent([], { connected: false })] }, [/gone: node-1/]],
  ['no pods', { statuses: [agent([])] }, [/1 agent connected, but none sees a pod.*--pods/]],
  ['none selected', { statuses: [agent([unselected])], flows: 1 }, [/select none.*--select/]],
  [
    'one cannot be entered',
    { statuses: [agent([pod('web'), failed])] },
    [/shop\/api \(namespace-gone: the path is not there\)\.$/],
  ],
  ['one is left out', { statuses: [agent([pod('web'), leftOut])] }, [/shop\/cache.*--packet-memory/]],
  ['no traffic', { statuses: [agent([pod('web')])], flows: 0 }, [/1 pod watched, but no connection/]],
  [
    'a filter that matches no pod',
    { statuses: [agent([pod('web')])], include: [makeFilter({ pods: ['wep'] })] },
    [/None of the 2 pods known.*data, shop/],
  ],
  [
    'a filter that matches an unwatched pod',
    { statuses: [agent([pod('web'), unselected])], include: [makeFilter({ namespaces: ['data'] })] },
    [/not being watched: shop\/db \(not selected\)/],
  ],
  ['all is well', { statuses: [agent([pod('web')])], include: [makeFilter({ pods: ['w*'] })] }, []],
  [
    'a gone agent’s pods are not spoken of',
    { statuses: [agent([pod('web')]), agent([failed], { connected: false })] },
    [],
  ],
];

for (const [what, facts, sentences] of cases)
  t.test(what, async (t) => {
    const found = hints({ statuses: [], pods: known, flows: 5, include: [], ...facts });
    t.equal(found.length, sentences.length, found.join('\n'));
    for (const [i, sentence] of sentences.entries()) t.match(found[i], sentence);
  });

t.test('many names are cut short, and nothing hostile comes through', async (t) => {
  const many = Array.from({ length: 40 }, (_, i) => ({ ...failed, name: `p\u001b[2J${i}` }));
  const [hint] = hints({ statuses: [agent(many)], pods: known, flows: 5, include: [] });
  t.match(hint, /40 pods could not be entered: .* and 35 more\.$/);
  t.notMatch(hint, /\u001b/);
});
