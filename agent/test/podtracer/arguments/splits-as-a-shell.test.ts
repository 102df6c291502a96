import { execFileSync } from 'node:child_process';
import t from 'tap';
import { parseArguments } from '../../../src/podtracer/arguments.js';

const lines = [
  '-i eth0 -c 10',
  `-i eth0 'tcp port 80 and host 10.0.0.1'`,
  `"a b" 'c "d"' "e 'f'"`,
  `a\\ b "c\\"d" "e\\\\f" "g\\h" 'i\\j'`,
  `''  "" x''y`,
  '  leading   and trailing  ',
  `con'cat'"en"ation`,
  '"\\$HOME"',
  '',
];

for (const line of lines) {
  t.test(`the same as sh: ${line}`, async (t) => {
    const shell = execFileSync('sh', ['-c', `for word in ${line}; do printf '%s\\0' "$word"; done`], {
      encoding: 'utf8',
    });
    t.same(parseArguments(line), shell.split('\0').slice(0, -1));
  });
}

t.test('nothing is expanded or run', async (t) => {
  t.same(parseArguments('$HOME `id` $(id) * ; | > x & ~ #y'), '$HOME `id` $(id) * ; | > x & ~ #y'.split(' '));
});

t.test('quotes that do not end are refused', async (t) => {
  t.throws(() => parseArguments(`-i 'eth0`), {
    code: 'BAD_INPUT',
    message: /a ' at character 4 that is not closed/,
  });
  t.throws(() => parseArguments(`"a\\"`), { message: /a " at character 1 that is not closed/ });
  t.throws(() => parseArguments('a\\'), { message: /end with a backslash/ });
});
