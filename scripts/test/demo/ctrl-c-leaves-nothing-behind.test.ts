import t from 'tap';
import { RunningDemo } from './running-demo.js';

// About 6 s. Other moments and signals: an-end-at-any-moment-leaves-nothing.long.test.ts

t.test('Ctrl-C ends it well and leaves nothing behind', async (t) => {
  const demo = new RunningDemo();
  await demo.said(/Ctrl-C ends the demo/);
  const processes = demo.processes();
  demo.signal('SIGINT');
  t.same(await demo.end(), { code: 0, signal: null }, demo.stderr);
  t.same(demo.leftovers(processes), []);
});

t.test('arguments that make no sense are refused with a sentence', async (t) => {
  for (const args of [['--duration', 'soon'], ['-o', 'xml'], ['--colour']]) {
    const demo = new RunningDemo(...args);
    t.match(await demo.end(), { code: 1 });
    t.match(demo.stderr, new RegExp(`demo: .*${args.at(-1)}`));
    t.same(demo.leftovers([]), []);
  }
});
