import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something holds; fails after `milliseconds`, which is patience, not a claim about speed. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  milliseconds = 30_000,
): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited ${milliseconds} ms for ${holds.toString()}`);
    await sleep(10);
  }
}
