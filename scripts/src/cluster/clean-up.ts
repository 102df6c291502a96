import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cgroupOf, HOME, readPlan } from './cluster-plan.js';
import { clusterProcess } from './first-process.js';
import { releaseNetwork } from './network-link.js';

const CGROUPS = '/sys/fs/cgroup';

/**
 * Ends a cluster and removes everything it left, whatever state it is in. With its first process the kernel ends all
 * others, the mounts and the network; what remains are its folder and empty cgroups. May be called again.
 */
export async function cleanUp(dir: string): Promise<void> {
  const plan = readPlan(dir);
  for (let pid = clusterProcess(dir); pid !== undefined; pid = clusterProcess(dir)) {
    process.kill(pid, 'SIGKILL');
    await sleep(50);
  }
  if (plan) releaseNetwork(plan);
  // A process in them may still be ending.
  for (let i = 0; i < 100 && !removeCgroups(cgroupOf(dir)); i++) await sleep(50);
  rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  try {
    rmdirSync(HOME);
  } catch {
    // there are other clusters
  }
}

/** Under each controller (v1) or at the top (v2). False while something is left. */
function removeCgroups(group: string): boolean {
  const tops = [CGROUPS, ...readdirSync(CGROUPS).map((controller) => join(CGROUPS, controller))];
  return tops.map((top) => removeTree(join(top, group))).every(Boolean);
}

/** Cgroups go deepest first; their files go with them. */
function removeTree(folder: string): boolean {
  if (!existsSync(folder)) return true;
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) removeTree(join(folder, entry.name));
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
