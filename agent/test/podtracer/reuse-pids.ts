import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { networkInode, ownNetwork } from '../../src/pods/namespace-file.js';
import { ProcNamespaces } from '../../src/podtracer/proc-namespaces.js';
import { Resolver } from '../../src/podtracer/resolver.js';
import { aPod, FakePods } from '../fakes/fake-pods.js';

/*
 * Run by a test as the first process of a pid namespace of its own: while the resolver works, the process that it was
 * told of is replaced by another one with the same id in another network. Prints what came of it as JSON.
 */
const rounds = Number(process.argv[2]);
const idle = ['--net', 'sleep', '1000'];

async function inOwnNetwork(child: ChildProcess): Promise<ChildProcess> {
  while (networkInode(`/proc/${child.pid}/ns/net`) === ownNetwork()) await new Promise(setImmediate);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Another process under the id of one that has ended. */
async function impostor(pid: number): Promise<ChildProcess> {
  for (;;) {
    writeFileSync('/proc/sys/kernel/ns_last_pid', `${pid - 1}`);
    const child = spawn('unshare', idle);
    if (child.pid === pid) return inOwnNetwork(child);
    await end(child);
  }
}

const tally = { right: 0, wrong: 0, refused: 0, reused: 0 };
const counting = new ProcNamespaces();

/** What the resolver does at one of its steps after the process was replaced there. */
async function round(step: number): Promise<void> {
  const victim = await inOwnNetwork(spawn('unshare', idle));
  const pid = victim.pid!;
  const inode = counting.inodeAt(`/proc/${pid}/ns/net`);
  let other: ChildProcess | undefined;
  // Asking where the pod is comes first, and again after the opening: the two gaps in which a process can be replaced.
  const pods = new FakePods({
    sandboxId: 's1',
    ready: true,
    hostNetwork: false,
    sandboxPid: pid,
    containers: [],
  });
  const locate = pods.locate.bind(pods);
  pods.locate = async () => {
    if (pods.asked === step) {
      await end(victim);
      other = await impostor(pid);
      tally.reused++;
    }
    return locate();
  };
  // The runtime notices the death by the time that it is asked again.
  const resolver = new Resolver(pods, counting);
  pods.network = (time) => ({
    sandboxId: 's1',
    ready: true,
    hostNetwork: false,
    sandboxPid: other && time > step ? pid + 100_000 : pid,
    containers: [],
  });
  try {
    const target = await resolver.resolve(aPod());
    if (target.inode === inode) tally.right++;
    else tally.wrong++;
    target.close();
  } catch {
    tally.refused++;
  }
  await end(other ?? victim);
}

if (!readFileSync('/proc/self/stat', 'utf8').startsWith('1 ')) throw new Error('run this in a pid namespace');
// Step 0: before the opening. Step 1: after it. Step 9: never.
for (let i = 0; i < rounds; i++) await round([0, 1, 9][i % 3]!);
process.stdout.write(`${JSON.stringify(tally)}\n`);
