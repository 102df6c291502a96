import { createHash } from 'node:crypto';
import { systemClock } from '@snoopy/proto';
import t from 'tap';
import { NsenterLauncher } from '../../../src/podtracer/nsenter-launcher.js';
import { eventually } from '../../eventually.js';
import { runs } from '../running.js';

const launcher = new NsenterLauncher(systemClock);
const shell = (script: string) =>
  ({ tool: 'sh', args: ['-c', script], capabilities: [], package: 'dash' }) as const;
const nothing = { onData() {} };

t.test('exit code, lines, bytes and duration are told', async (t) => {
  const lines: string[] = [];
  const script = 'echo out; echo one >&2; printf two >&2; exit 7';
  const end = await launcher.launch(shell(script), { onData() {}, onLine: (line) => lines.push(line) }).ended;
  t.match(end, {
    code: 7,
    signal: null,
    cancelled: false,
    stdoutBytes: 4,
    stderrLines: 2,
    stderrLinesDropped: 0,
  });
  t.ok(end.durationMs > 0);
  t.same(lines, ['one', 'two']);
  t.same(end.lastLines, ['one', 'two']);
});

t.test('a signal is told as one', async (t) => {
  t.match(await launcher.launch(shell('kill -SEGV $$'), nothing).ended, { code: null, signal: 'SIGSEGV' });
});

t.test('every byte arrives, in order, through one buffer, also over pauses', async (t) => {
  const hash = createHash('sha256');
  const buffers = new Set<ArrayBufferLike>();
  let calls = 0;
  const size = 20_000_000;
  const tool = launcher.launch(shell(`yes 0123456789abcde | head -c ${size}`), {
    onData(chunk) {
      hash.update(chunk);
      buffers.add(chunk.buffer);
      if (++calls % 50 === 0) {
        tool.pause();
        setTimeout(() => tool.resume(), 2);
      }
    },
  });
  t.equal((await tool.ended).stdoutBytes, size);
  t.equal(buffers.size, 1);
  const expected = createHash('sha256')
    .update('0123456789abcde\n'.repeat(size / 16))
    .digest('hex');
  t.equal(hash.digest('hex'), expected);
});

t.test('a paused tool blocks, and what it wrote before its end is still read', async (t) => {
  let bytes = 0;
  const tool = launcher.launch(shell('head -c 3000000 /dev/zero; echo done >&2'), {
    onData(chunk) {
      bytes += chunk.byteLength;
      if (bytes === chunk.byteLength) tool.pause();
    },
  });
  await eventually(() => bytes > 0);
  const held = bytes;
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.equal(bytes, held, 'nothing is read while it is paused');
  tool.resume();
  t.match(await tool.ended, { code: 0, stdoutBytes: 3_000_000 });
});

t.test('stop is SIGINT, and what the tool then says is heard', async (t) => {
  let text = '';
  const script = 'trap "echo last words; exit 3" INT; echo ready; while :; do sleep 0.02; done';
  const tool = launcher.launch(shell(script), {
    onData(chunk) {
      text += Buffer.from(chunk).toString();
    },
  });
  await eventually(() => text === 'ready\n');
  t.match(await tool.stop(), { code: 3, cancelled: true });
  t.equal(text, 'ready\nlast words\n');
});

t.test('who ignores SIGINT is killed after 2 s, with all children', async (t) => {
  let text = '';
  const tool = launcher.launch(shell('trap "" INT; sleep 100 & echo $!; wait; wait'), {
    onData(chunk) {
      text += Buffer.from(chunk).toString();
    },
  });
  await eventually(() => text.endsWith('\n'));
  t.match(await tool.stop(), { code: null, signal: 'SIGKILL', cancelled: true });
  await eventually(() => !runs(Number(text)));
});

t.test('children that outlive the tool are killed and do not hold its output', async (t) => {
  let text = '';
  const tool = launcher.launch(shell('sleep 100 & echo $!'), {
    onData(chunk) {
      text += Buffer.from(chunk).toString();
    },
  });
  t.match(await tool.ended, { code: 0 });
  await eventually(() => !runs(Number(text)));
});

t.test('an abort signal stops it, an aborted one lets nothing start', async (t) => {
  const controller = new AbortController();
  const tool = launcher.launch(shell('sleep 100'), { ...nothing, cancel: controller.signal });
  controller.abort();
  t.match(await tool.ended, { cancelled: true });
  t.throws(() => launcher.launch(shell('sleep 100'), { ...nothing, cancel: controller.signal }));
  t.equal(tool.signal('SIGUSR1'), false, 'nobody is there to get it');
});
