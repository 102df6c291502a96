import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { type ClusterPlan, HOME, nodeNames, writePlan } from './cluster-plan.js';

interface Wanted {
  readonly name: string;
  readonly nodes: number;
  readonly programs: string;
}

/**
 * Takes a free network: the link's name holds its number, and making a link is atomic in the kernel. The plan is written
 * first: whoever is killed in between leaves a plan by which the link is found. Its name alone would not do, for it may
 * be another cluster's that was faster.
 */
export function takeNetwork({ name, nodes, programs }: Wanted, dir: string): ClusterPlan {
  const linkAddress = hardwareAddress();
  for (let number = 0; number < 100; number++) {
    const link = `snpk8s${number}`;
    const fabric = `10.89.${number}`;
    const plan = { name, dir, fabric, link, linkAddress, nodes: nodeNames(nodes), programs };
    writePlan(plan);
    if (!addLink(plan)) continue;
    execFileSync('ip', ['addr', 'add', `${fabric}.254/24`, 'dev', link]);
    execFileSync('ip', ['link', 'set', link, 'up']);
    return plan;
  }
  throw new Error(`100 clusters are there already; see ${HOME} and: ip link show type veth`);
}

/** Removes the link of a plan if it was made. */
export function releaseNetwork({ link, linkAddress }: ClusterPlan): void {
  const path = `/sys/class/net/${link}/address`;
  if (existsSync(path) && readFileSync(path, 'utf8').trim() === linkAddress)
    spawnSync('ip', ['link', 'del', link], { stdio: 'ignore' });
}

/** False: the name is taken. */
function addLink({ link, linkAddress }: ClusterPlan): boolean {
  const veth = ['link', 'add', link, 'address', linkAddress, 'type', 'veth', 'peer', 'name', `${link}p`];
  const { status, stderr } = spawnSync('ip', veth, { encoding: 'utf8' });
  if (status === 0) return true;
  if (stderr.includes('File exists')) return false;
  throw new Error(`no network link can be made: ${stderr.trim()}`);
}

/** A random one of those that anybody may give out (IEEE 802: locally administered). */
function hardwareAddress(): string {
  return ['02', ...[...randomBytes(5)].map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
}
