import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { FakeAggregator, until } from '../../fakes/aggregator.js';

const blockedLink = fileURLToPath(new URL('../../fakes/blocked-link.js', import.meta.url));
/** A link that goes wrong here takes a gigabyte in a second or two. */
const MOST_KIB = 400_000;

t.test('the aggregator resets a stream on which something waits to be sent: the session ends', async (t) => {
  const aggregator = new FakeAggregator();
  await aggregator.start();
  const child = spawn(process.execPath, [blockedLink, aggregator.address], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const guard = setInterval(() => rssKib(child.pid!) > MOST_KIB && child.kill('SIGKILL'), 20);
  t.teardown(() => {
    clearInterval(guard);
    child.kill('SIGKILL');
    aggregator.stop();
  });
  const exit = once(child, 'exit');
  let blocked = false;
  child.stdout!.once('data', () => {
    blocked = true;
  });
  await until('it has something to send and stands still', () => blocked);
  aggregator.stop();
  t.strictSame(await exit, [0, null]);
});

function rssKib(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // it has ended
  }
}
