import t from 'tap';
import { anyPorts, Program } from '../fakes/program.js';

t.test('--help names every setting, with its default', async (t) => {
  const program = new Program(t, ['--help']);
  t.equal(await program.ended, 0);
  for (const text of [
    '--agents-listen',
    '127.0.0.1:4244',
    '--listen',
    '127.0.0.1:4245',
    '--http',
    '--data-dir',
  ])
    t.ok(program.stdout.includes(text), text);
  t.equal(program.stderr, '');
});

t.test('--version', async (t) => {
  const program = new Program(t, ['--version']);
  t.equal(await program.ended, 0);
  t.match(program.stdout, /^\d+\.\d+\.\d+\n$/);
});

t.test('all problems are told at once, from flags and environment', async (t) => {
  const program = new Program(t, ['--listen', 'nowhere', '--subscribers=0', '--frobnicate'], {
    SNOOPY_KUBERNETES: 'on',
  });
  t.equal(await program.ended, 2);
  const problems = program.stderr.trim().split('\n');
  t.equal(problems.length, 4);
  for (const word of ['--listen', '--subscribers', 'SNOOPY_KUBERNETES', '--frobnicate'])
    t.ok(
      problems.some((problem) => problem.includes(word)),
      word,
    );
});

t.test('a port in use is a sentence that names the flag', async (t) => {
  const first = new Program(t, anyPorts);
  const { http, clients, agents } = await first.listening();
  for (const [flag, address] of [
    ['--http', http],
    ['--listen', clients],
    ['--agents-listen', agents],
  ] as const) {
    const second = new Program(t, [...anyPorts, flag, address]);
    t.equal(await second.ended, 1);
    t.equal(
      second.stderr,
      `${flag} ${address} cannot be opened: something listens there already; stop it or give another port.\n`,
    );
  }
});

t.test('listening beyond this machine without asking who calls is warned of, once', async (t) => {
  const open = ['--listen', '0.0.0.0:0', '--agents-listen', ':0', '--trust', 'none'];
  const program = new Program(t, [...anyPorts, ...open]);
  await program.listening();
  const warnings = program.log.filter(({ level }) => level === 40);
  t.equal(warnings.length, 1);
  t.match(warnings[0]!.msg, /--agents-listen, --listen: reachable from other machines/);
});
