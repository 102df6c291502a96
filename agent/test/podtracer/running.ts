import { readFileSync } from 'node:fs';
import { isZombie } from '../../src/podtracer/proc-namespaces.js';

/** Whether a process runs; one that nobody has waited for does not. */
export function runs(pid: number): boolean {
  try {
    return !isZombie(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
