import { readdirSync, readFileSync } from 'node:fs';

/** A process and everything that it has started, however deep. */
export function processTree(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? statOf(Number(name))?.parent : undefined;
    if (parent !== undefined) parents.set(Number(name), parent);
  }
  const found = [pid];
  for (const one of found) for (const [child, parent] of parents) if (parent === one) found.push(child);
  return found;
}

/** What a process has used so far (proc(5), /proc/PID/stat); undefined when it is gone. */
export function statOf(pid: number): { readonly parent: number; readonly cpuSeconds: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // user, system, and that of children that have ended and were waited for; a tick is 10 ms
    const ticks = [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0);
    return { parent: Number(fields[1]), cpuSeconds: ticks / 100 };
  } catch {
    return undefined;
  }
}

/** CPU seconds of a process and everything below it. */
export function treeCpuSeconds(pid: number): number {
  return processTree(pid).reduce((sum, one) => sum + (statOf(one)?.cpuSeconds ?? 0), 0);
}

/** Memory of a process in MiB: `rss` with everything it shares, `pss` with its share of that (smaps_rollup). */
export function memoryOf(pid: number): { readonly rss: number; readonly pss: number } {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const field = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) / 1_024;
    return { rss: field('Rss'), pss: field('Pss') };
  } catch {
    return { rss: 0, pss: 0 };
  }
}
