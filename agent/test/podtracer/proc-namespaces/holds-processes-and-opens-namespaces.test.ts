import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { isZombie, ProcNamespaces } from '../../../src/podtracer/proc-namespaces.js';
import { eventually } from '../../eventually.js';

const namespaces = new ProcNamespaces();

t.test('a zombie is told past a program name that holds anything', async (t) => {
  t.equal(isZombie('77 (sleep) S 1 2'), false);
  t.equal(isZombie('77 (a) Z (b) S 1 2'), false);
  t.equal(isZombie('77 (a) S (b) Z 1 2'), true);
  t.equal(isZombie(''), true);
});

t.test('a held process is dead for ever once it has ended', async (t) => {
  const child = spawn('sleep', ['100']);
  const held = namespaces.holdProcess(child.pid!)!;
  t.equal(held.alive(), true);
  child.kill('SIGKILL');
  await eventually(() => !held.alive());
  await eventually(() => namespaces.holdProcess(child.pid!) === undefined);
  t.same(held.openNetwork(), { failed: 'missing' });
  held.release();
});

t.test('namespaces are opened, everything else is refused with its word', async (t) => {
  const self = namespaces.holdProcess(process.pid)!;
  const own = self.openNetwork();
  self.release();
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
