import type { CaptureTask, Task } from '@snoopy/proto';
import t from 'tap';
import { checkTask, isTaskId } from '../../../src/task/task-limits.js';

const capture: CaptureTask = {
  filter: '',
  snaplen: 0,
  interfaces: [],
  maxPackets: 0,
  maxBytes: 0,
  maxSeconds: 0,
};
const task = (more: Partial<CaptureTask> = {}, podUids = ['u']): Task =>
  ({ id: 't', podUids, work: 'capture', capture: { ...capture, ...more } }) as Task;

t.test('a plain capture is taken', async (t) => {
  t.doesNotThrow(() => checkTask(task({ snaplen: 96, interfaces: ['eth0'], maxSeconds: 60 })));
});

const bad: readonly (readonly [string, Task, RegExp])[] = [
  ['of an unknown kind', { id: 't', podUids: ['u'] } as Task, /kind/],
  ['without pods', task({}, []), /no pod/],
  ['of too many pods', task({}, Array<string>(1_001).fill('u')), /1001 pods; at most 1000/],
  ['with a huge snaplen', task({ snaplen: 4e9 }), /snaplen/],
  ['with a filter of a megabyte', task({ filter: 'x'.repeat(1 << 20) }), /filter/],
  ['for centuries', task({ maxSeconds: 4e9 }), /seconds/],
  ['with a path as interface', task({ interfaces: ['../x'] }), /interface/],
  ['with an option as interface', task({ interfaces: ['-w/x'] }), /interface/],
  ['with an escape as interface', task({ interfaces: ['a\u001b[2J'] }), /interface/],
  ['with a number that is none', task({ maxPackets: Number.NaN }), /packets/],
];

for (const [what, one, message] of bad) {
  t.test(`one ${what} is not`, async (t) => {
    t.throws(() => checkTask(one), { message });
  });
}

t.test('ids are plain words', async (t) => {
  t.ok(isTaskId('capture-1.a:b_c'));
  for (const id of ['', 'a b', 'a\n', '\u001b', 'x'.repeat(129)]) t.notOk(isTaskId(id), JSON.stringify(id));
});
