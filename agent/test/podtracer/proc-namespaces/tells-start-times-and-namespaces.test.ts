import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { ProcNamespaces, startTimeOf } from '../../../src/podtracer/proc-namespaces.js';
import { eventually } from '../../eventually.js';

const namespaces = new ProcNamespaces();

t.test('a start time is read past a program name that holds anything', async (t) => {
  const tail = 'S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 987654 20';
  t.equal(startTimeOf(`77 (sleep) ${tail}`), 987654);
  t.equal(startTimeOf(`77 (a) S 1 (b) ${tail}`), 987654);
  t.equal(startTimeOf(`77 (sleep) ${tail.replace('S', 'Z')}`), undefined, 'a zombie has ended');
  t.equal(startTimeOf(''), undefined);
});

t.test('a process that has ended has no start', async (t) => {
  const child = spawn('sleep', ['100']);
  const { pid } = child;
  t.type(namespaces.startOf(pid!), 'number');
  child.kill('SIGKILL');
  await eventually(() => namespaces.startOf(pid!) === undefined);
});

t.test('namespaces are opened, everything else is refused with its word', async (t) => {
  const own = namespaces.openProcess(process.pid);
  if (!('fd' in own)) throw new Error('own namespace does not open');
  t.equal(own.inode, namespaces.inodeAt('/proc/self/ns/net'));
  namespaces.close(own.fd);
  const dir = mkdtempSync(join(tmpdir(), 'snoopy-ns-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'file'), '');
  t.same(namespaces.openPath(join(dir, 'file')), { failed: 'not-a-namespace' });
  t.same(namespaces.openPath('/dev/zero'), { failed: 'not-a-namespace' });
  t.same(namespaces.openPath(join(dir, 'nothing')), { failed: 'missing' });
  t.same(namespaces.openPath(join(dir, 'file/x')), { failed: 'not-a-namespace' });
});
