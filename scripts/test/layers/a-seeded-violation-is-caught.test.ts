import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { RULES } from '../../src/layers/rules.js';
import { readTree } from '../../src/layers/source-file.js';

/** What a tree of these files would be accused of, by the name of the rule. */
function complaints(t: Test, tree: Record<string, string>): Record<string, string[]> {
  const root = t.testdir();
  for (const [path, text] of Object.entries(tree)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const files = readTree(root, [...new Set(Object.keys(tree).map((path) => path.split('/')[0]!))]);
  const found = Object.entries(RULES).map(([name, rule]) => [name, rule(files)] as const);
  return Object.fromEntries(found.filter(([, list]) => list.length > 0));
}

const cases: readonly (readonly [rule: string, tree: Record<string, string>, complaint: RegExp])[] = [
  [
    'packages stay apart',
    { 'agent/src/a.ts': "import { x } from '@snoopy/aggregator';" },
    /only the contract/,
  ],
  [
    'packages stay apart',
    { 'agent/src/a.ts': "import type { x } from '@snoopy/scripts/rig/netns.js';" },
    /contract/,
  ],
  [
    'packages stay apart',
    { 'proto/src/a.ts': "export { x } from '../../agent/src/b.js';\nexport const y = 1;" },
    /leaves proto\/src/,
  ],
  ['packages stay apart', { 'agent/src/a.ts': "import '../test/fakes/clock.js';" }, /leaves agent\/src/],
  [
    'packages stay apart',
    { 'agent/src/a.ts': "const x = await import(\n'../../aggregator/src/a.js');" },
    /leaves/,
  ],
  [
    'the CLI imports the contract alone',
    { 'aggregator/src/cli/a.ts': "import '../merge/b.js';" },
    /a client/,
  ],
  [
    'the CLI imports the contract alone',
    { 'aggregator/src/a.ts': "import { x } from './cli/b.js';" },
    /nobody/,
  ],
  [
    'the hot path imports itself alone',
    { 'agent/src/decode/a.ts': "import {\n  x,\n} from '../flow/b.js';" },
    /decode/,
  ],
  [
    'the hot path imports itself alone',
    { 'agent/src/flow/a.ts': "import { x } from '../capture/b.js';" },
    /flow/,
  ],
  [
    'the hot path imports itself alone',
    { 'agent/src/capture/a.ts': "import { x } from 'node:util';" },
    /capture/,
  ],
  ['the hot path is pure', { 'agent/src/flow/a.ts': 'export const f = async () => {};' }, /await/],
  ['the hot path is pure', { 'agent/src/flow/a.ts': 'export const f = () => Date.now();' }, /a clock/],
  ['the hot path is pure', { 'agent/src/decode/a.ts': 'export const f = 1n;' }, /BigInt/],
  [
    'the hot path is pure',
    { 'agent/src/decode/a.ts': 'export const f = (v: DataView) => v.getBigUint64(0);' },
    /BigInt/,
  ],
  ['the hot path is pure', { 'agent/src/capture/a.ts': 'console.log(1);' }, /a logger/],
  [
    'only adapters touch the outside',
    { 'agent/src/task/a.ts': "import fs from 'node:fs/promises';" },
    /adapters/,
  ],
  [
    'only adapters touch the outside',
    { 'agent/src/task/a.ts': "import * as grpc from '@grpc/grpc-js';" },
    /adapters/,
  ],
  ['domain code imports no adapter', { 'proto/src/a.ts': "import { x } from './messages.js';" }, /ports/],
  ['main.ts is imported by nothing', { 'agent/src/a.ts': "import './main.js';" }, /nothing/],
  [
    'only main.ts is the process',
    { 'agent/src/a.ts': 'const x = process.env.HOME;' },
    /reads the environment/,
  ],
  ['only main.ts is the process', { 'agent/src/a.ts': 'process.exit(1);' }, /exits/],
  ['only main.ts is the process', { 'agent/src/a.ts': "process.once('SIGTERM', stop);" }, /handles signals/],
  ['no barrels', { 'agent/src/flow/index.ts': 'export const x = 1;' }, /a barrel/],
  [
    'no barrels',
    { 'agent/src/all.ts': "/* all */ export * from './a.js';\nexport { b } from './b.js';\n" },
    /barrel/,
  ],
  ['no vague names', { 'agent/src/utils/a.ts': '' }, /says nothing/],
  ['no vague names', { 'agent/src/flow/util.ts': '' }, /says nothing/],
  ['files end', { 'agent/src/a.ts': '\n'.repeat(401) }, /401 lines/],
];

cases.forEach(([rule, tree, complaint], index) => {
  t.test(`${rule}: case ${index + 1}`, async (t) => {
    const found = complaints(t, tree);
    t.same(Object.keys(found), [rule]);
    t.match(found[rule]![0], complaint);
    t.match(found[rule]![0], Object.keys(tree)[0]!);
  });
});

t.test('a cycle is named in full, of types too', async (t) => {
  const found = complaints(t, {
    'agent/src/a.ts': "import type { B } from './b.js';",
    'agent/src/b.ts': "import { c } from './c.js';",
    'agent/src/c.ts': "import { a } from './a.js';",
  });
  t.match(found['no cycles']![0], 'agent/src/a.ts → agent/src/b.ts → agent/src/c.ts → agent/src/a.ts');
});

t.test('what is allowed, and what only looks like a violation, passes', async (t) => {
  const found = complaints(t, {
    'agent/src/main.ts': "import { x } from './flow/a.js';\nprocess.exit(Number(process.env.X ?? x));",
    'agent/src/flow/a.ts':
      "import { y } from '../decode/b.js';\nimport { z } from '@snoopy/proto';\nexport const x = y + z;",
    'agent/src/decode/b.ts': "// import './main.js' and await a Date\nexport const y = 'process.env';\n",
    'proto/src/index.ts': "export * from './messages.js';\n",
    'proto/src/messages.ts': "import { load } from '@grpc/proto-loader';\nexport const m = load;",
    'agent/src/gen/c.ts': '\n'.repeat(1_000),
  });
  t.same(found, {});
});
