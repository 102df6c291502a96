import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Below it every cluster has a folder; a name there is a cluster that runs or was killed. */
export const HOME = '/var/lib/snoopy-cluster';
export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
/** The shell programs that become first processes: they are run from the sources. */
export const SCRIPTS = `${ROOT}scripts/src/cluster`;
/** Inside pods: their network (10.244.NODE.0/24), that of Services, the name service. */
export const POD_NETWORK = '10.244.0.0/16';
export const DNS_ADDRESS = '10.96.0.10';

/** What a cluster is called, where it lives and which addresses it has. */
export interface ClusterPlan {
  readonly name: string;
  readonly dir: string;
  /** First three bytes of the network between the nodes, dotted; the API server is .1, the machine .254. */
  readonly fabric: string;
  /** The device by which the machine reaches it. */
  readonly link: string;
  /** Its hardware address, by which it is told from another cluster's link of that name. */
  readonly linkAddress: string;
  readonly nodes: readonly string[];
  /** The folder of Kubernetes' programs. */
  readonly programs: string;
}

const NAME = /^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$/;

/** @throws Error for people if the name is not a short DNS label */
export function folderOf(name: string): string {
  if (!NAME.test(name)) throw new Error(`--name ${name}: at most 20 small letters, digits and dashes`);
  return `${HOME}/${name}`;
}

/** node-a, node-b, … */
export function nodeNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `node-${String.fromCharCode(97 + i)}`);
}

export function nodeAddress(plan: ClusterPlan, index: number): string {
  return `${plan.fabric}.${11 + index}`;
}

/** The plan of a cluster that is there, or was; undefined: it had not got that far. */
export function readPlan(dir: string): ClusterPlan | undefined {
  const path = join(dir, 'plan.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as ClusterPlan) : undefined;
}

/** Whole or not at all, whenever we are killed. */
export function writePlan(plan: ClusterPlan): void {
  const path = join(plan.dir, 'plan.json');
  writeFileSync(`${path}.new`, JSON.stringify(plan));
  renameSync(`${path}.new`, path);
}

export function kubeconfigOf(dir: string): string {
  return `${dir}/kubeconfig`;
}

/** The cluster's part of the cgroup tree; node-init.sh calls it the same. */
export function cgroupOf(dir: string): string {
  return `snoopy-${basename(dir)}`;
}
