import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const program = fileURLToPath(new URL('./many-pods.js', import.meta.url));

t.test('10,000 pods, their owners and Services: at most 60 MiB, client library and all', (t) => {
  const text = execFileSync(process.execPath, ['--expose-gc', program, '10000'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH },
  });
  const { pods, heapMiB, rssMiB } = JSON.parse(text) as Record<string, number>;
  t.equal(pods, 10_000);
  t.comment(`heap +${heapMiB} MiB, RSS +${rssMiB} MiB`);
  t.ok(heapMiB! <= 60, `${heapMiB} MiB of heap`);
  t.end();
});
