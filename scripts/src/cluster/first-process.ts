import { readdirSync, readFileSync } from 'node:fs';

/** Pid of the first process of a cluster, as this machine numbers it. */
export function clusterProcess(dir: string): number | undefined {
  return firstProcess('cluster-init.sh', dir);
}

/** Pid of the first process of a node of that cluster. */
export function nodeProcess(dir: string, node: string): number | undefined {
  return firstProcess('node-init.sh', dir, node);
}

/** It runs that script with these arguments and is number 1 in a PID namespace below ours. */
function firstProcess(script: string, ...args: readonly string[]): number | undefined {
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const words = read(`/proc/${pid}/cmdline`).split('\0');
    if (!words[1]?.endsWith(`/${script}`) || !args.every((arg, i) => words[2 + i] === arg)) continue;
    const numbers = /^NSpid:\s+(.*)$/m.exec(read(`/proc/${pid}/status`))?.[1]?.split(/\s+/) ?? [];
    if (numbers.length > 1 && numbers.at(-1) === '1') return pid;
  }
  return undefined;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
