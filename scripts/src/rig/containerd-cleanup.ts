import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What is left of a rig, by names that only it uses. */
export interface Leftovers {
  /** The rig's folder: containerd's root, state and socket. */
  readonly dir: string;
  readonly bridge: string;
  /** Name of the cgroup above all its pods. */
  readonly cgroup: string;
}

/**
 * Removes everything a rig made, whatever state it is in: containerd, its shims, their containers, mounts, cgroups,
 * the bridge and the folder. May be called again.
 */
export async function cleanUp(rig: Leftovers): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const pids = processesOf(rig);
    for (const pid of pids) kill(pid);
    if (pids.length === 0) break;
    await sleep(50);
  }
  unmountBelow(rig.dir);
  for (const path of [...shimSockets(rig.dir), ...cniResults(rig.bridge)]) rmSync(path, { force: true });
  removeCgroups(rig.cgroup);
  if (existsSync(`/sys/class/net/${rig.bridge}`)) spawnSync('ip', ['link', 'del', rig.bridge]);
  rmSync(rig.dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

/** Processes whose command line names the rig's folder (containerd, shims) or that are in its cgroup (containers). */
function processesOf({ dir, cgroup }: Leftovers): number[] {
  const found: number[] = [];
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid || read(`/proc/${pid}/stat`).includes(') Z ')) continue;
    const words = read(`/proc/${pid}/cmdline`).split('\0');
    const daemon = words[0]?.includes('containerd') && words.some((word) => word.startsWith(`${dir}/`));
    if (daemon || read(`/proc/${pid}/cgroup`).includes(`/${cgroup}/`)) found.push(pid);
  }
  return found;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

function unmountBelow(dir: string): void {
  const points = read('/proc/self/mountinfo')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(`${dir}/`));
  for (const point of points.reverse()) spawnSync('umount', ['-l', point]);
}

/** Sockets of shims lie outside the rig's folder; each shim's folder names its own. */
function shimSockets(dir: string): string[] {
  const tasks = join(dir, 'state/io.containerd.runtime.v2.task/k8s.io');
  return list(tasks).map((id) => read(join(tasks, id, 'address')).replace('unix://', ''));
}

/** What the CNI library remembers of the rig's network. */
function cniResults(bridge: string): string[] {
  const folder = '/var/lib/cni/results';
  return list(folder).flatMap((name) => (name.startsWith(`rig-${bridge}-`) ? [join(folder, name)] : []));
}

function list(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** A cgroup lies under each controller (v1) or at the top (v2); only empty folders can be removed, deepest first. */
function removeCgroups(name: string): void {
  const top = '/sys/fs/cgroup';
  const tops = [top, ...list(top).map((controller) => join(top, controller))];
  for (const parent of tops) removeTree(join(parent, name));
}

function removeTree(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(folder, entry.name));
  }
  try {
    rmdirSync(folder);
  } catch {
    // Still busy: a process that is just ending. An empty cgroup costs nothing.
  }
}
