import t from 'tap';
import { RunningDemo } from './running-demo.js';

// About 30 s. The moments: while namespaces are made, while programs start, while the shop is open.
const moments: readonly (readonly [RegExp, NodeJS.Signals])[] = [
  [/building the shop/, 'SIGINT'],
  [/starting the aggregator/, 'SIGINT'],
  [/Ctrl-C ends the demo/, 'SIGTERM'],
];

for (const [moment, signal] of moments)
  t.test(`${signal} at "${moment.source}"`, async (t) => {
    const demo = new RunningDemo();
    await demo.said(moment);
    const processes = demo.processes();
    demo.signal(signal);
    t.same(await demo.end(), { code: 0, signal: null }, demo.stderr);
    t.same(demo.leftovers(processes), []);
  });

t.test('a second signal ends it at once, and leaves nothing behind either', async (t) => {
  const demo = new RunningDemo();
  await demo.said(/Ctrl-C ends the demo/);
  const processes = demo.processes();
  demo.signal('SIGINT');
  await demo.said(/ending/);
  demo.signal('SIGINT');
  await demo.end();
  await new Promise((resolve) => setTimeout(resolve, 500));
  t.same(demo.leftovers(processes), []);
});

t.test('a reader that goes away ends it', async (t) => {
  const demo = new RunningDemo('-o', 'json');
  await demo.said(/Ctrl-C ends the demo/);
  const processes = demo.processes();
  demo.stopReading();
  t.match(await demo.end(), { code: 0 }, demo.stderr);
  t.same(demo.leftovers(processes), []);
});
