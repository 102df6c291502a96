import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

const check = (folder: string) =>
  spawnSync(join(folder, 'scripts/generate.sh'), ['--check'], { encoding: 'utf8' });

t.test('what is generated from the contract is what is committed', async (t) => {
  t.match(check(root), { status: 0, stdout: /up to date/ });
});

t.test('a change of the contract without generating is noticed', async (t) => {
  const copy = t.testdir();
  for (const folder of ['scripts', 'proto/src']) mkdirSync(join(copy, folder), { recursive: true });
  cpSync(join(root, 'scripts/generate.sh'), join(copy, 'scripts/generate.sh'));
  cpSync(join(root, 'proto/src/gen'), join(copy, 'proto/src/gen'), { recursive: true });
  for (const folder of ['snoopy', 'fennec'])
    cpSync(join(root, 'proto', folder), join(copy, 'proto', folder), { recursive: true });
  cpSync(join(root, 'proto/buf.yaml'), join(copy, 'proto/buf.yaml'));
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  execFileSync('sed', [
    '-i',
    's/string selector = 3/string selektor = 3/',
    join(copy, 'proto/snoopy/v1/observer.proto'),
  ]);
  t.match(check(copy), { status: 1, stdout: /selektor/ });
});
