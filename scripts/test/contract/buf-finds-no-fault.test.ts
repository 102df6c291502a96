import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

t.test('buf lint accepts the contract', async (t) => {
  await t.resolves(promisify(execFile)(`${root}node_modules/.bin/buf`, ['lint', 'proto'], { cwd: root }));
});
