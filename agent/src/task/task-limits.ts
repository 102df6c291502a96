import { type CaptureTask, printable, type RunTask, SnoopyError, type Task } from '@snoopy/proto';

/** Bounds of what an aggregator may ask for: it could be anyone's by now (DESIGN, law 6). */
export const taskLimits = {
  /** Tasks at once. */
  tasks: 16,
  idLength: 128,
  pods: 1_000,
  interfaces: 16,
  filterLength: 4_096,
  snaplen: 262_144,
  seconds: 7 * 86_400,
} as const;

const idPattern = /^[A-Za-z0-9._:-]+$/;
const interfacePattern = /^[^\s/:-][^\s/:]{0,14}$/;

/** Throws SnoopyError with a sentence when a task is not one that this agent runs. */
export function checkTask(task: Task): void {
  const { capture, run, podUids } = task;
  if (!capture && !run) {
    throw new SnoopyError(
      'UNSUPPORTED',
      `task ${printable(task.id, 40)} is of a kind that this agent does not know; update the agent`,
    );
  }
  if (podUids.length === 0) throw bad('the task names no pod');
  within('pods', podUids.length, taskLimits.pods);
  if (capture) checkCapture(capture);
  if (run) checkRun(run);
}

/** The catalogue checks tool and arguments. */
function checkRun(run: RunTask): void {
  within('seconds', run.maxSeconds, taskLimits.seconds);
  within('bytes', run.maxBytes, Number.MAX_SAFE_INTEGER);
}

function checkCapture(capture: CaptureTask): void {
  within('interfaces', capture.interfaces.length, taskLimits.interfaces);
  within('characters of filter', capture.filter.length, taskLimits.filterLength);
  within('bytes of snaplen', capture.snaplen, taskLimits.snaplen);
  within('seconds', capture.maxSeconds, taskLimits.seconds);
  within('packets', capture.maxPackets, Number.MAX_SAFE_INTEGER);
  within('bytes', capture.maxBytes, Number.MAX_SAFE_INTEGER);
  const name = capture.interfaces.find((one) => !interfacePattern.test(one) || printable(one) !== one);
  if (name !== undefined) throw bad(`${JSON.stringify(name)} is not the name of an interface`);
}

/** Whether an id may be repeated to anyone. */
export function isTaskId(id: string): boolean {
  return id.length <= taskLimits.idLength && idPattern.test(id);
}

function within(what: string, value: number, most: number): void {
  if (!(value >= 0 && value <= most))
    throw bad(`the task has ${value} ${what}; at most ${most} are possible`);
}

function bad(message: string): SnoopyError {
  return new SnoopyError('BAD_INPUT', message);
}
