import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/** What `npx PROGRAM` finds from the root. */
const run = async (program: string, ...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(join(root, 'node_modules/.bin', program), args)).stdout;

for (const program of ['snoopy-agent', 'snoopy-aggregator', 'snoopy', 'podtracer'])
  t.test(program, async (t) => {
    t.equal((await run(program, '--version')).trim(), version);
    t.match(await run(program, '--help'), new RegExp(`${program}[^]*--version`));
  });
