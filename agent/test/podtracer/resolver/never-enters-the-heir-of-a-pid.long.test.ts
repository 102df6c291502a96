import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { nodeChild } from '../node-child.js';

// About 15 s: real process ids, forced to come again.
const rounds = 600;

t.test(`a process id that comes again in another network: 0 wrong pods in ${rounds} tries`, async (t) => {
  const script = fileURLToPath(new URL('../reuse-pids.js', import.meta.url));
  const [command, args] = nodeChild(script, `${rounds}`);
  const apart = ['--pid', '--fork', '--mount-proc', '--kill-child', command, ...args];
  const text = execFileSync('unshare', apart, { encoding: 'utf8' });
  t.same(JSON.parse(text), {
    right: rounds / 3,
    wrong: 0,
    refused: (2 * rounds) / 3,
    reused: (2 * rounds) / 3,
  });
});
