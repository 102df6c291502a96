import { CaptureTotals } from '../capture/capture-totals.js';
import type { RunStatus } from './job-object.js';

/** How a run of a job ended, or that it was not begun in time. */
export type RunResult = 'complete' | 'failed' | 'interrupted' | 'missed';

/** What all runs of jobs that this aggregator carried out have come to, since its start. */
export class JobTotals {
  running = 0;
  started = 0;
  readonly ends: Record<RunResult, number> = { complete: 0, failed: 0, interrupted: 0, missed: 0 };
  /** Packets of captures, and what was dropped of them. */
  readonly captures = new CaptureTotals();
  /** What tools wrote. */
  toolBytes = 0;

  end({ state, reason }: Pick<RunStatus, 'state' | 'reason'>): void {
    this.ends[state === 'Complete' ? 'complete' : reason === 'Interrupted' ? 'interrupted' : 'failed']++;
  }
}
