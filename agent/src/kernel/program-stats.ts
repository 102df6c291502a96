import { readFileSync } from 'node:fs';
import type { ProgramRuns } from '../watch/flow-engine.js';

/**
 * What the kernel counted of programs' runs (proc_pid_fdinfo(5)): nothing unless somebody has switched that on with
 * `sysctl kernel.bpf_stats_enabled=1`, which costs each run some 20 ns.
 *
 * @param descriptors of the programs, by name
 */
export function programStats(descriptors: ReadonlyMap<string, number>): ProgramRuns[] {
  try {
    return [...descriptors].flatMap(([program, fd]) => {
      const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
      const runs = field(info, 'run_cnt');
      return runs > 0 ? [{ program, runs, seconds: field(info, 'run_time_ns') / 1e9 }] : [];
    });
  } catch {
    return [];
  }
}

function field(info: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(info)?.[1] ?? 0);
}
