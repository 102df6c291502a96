import { printable, SnoopyError, type Task } from '@snoopy/proto';

/** What this node's owner lets anybody do here, whatever the aggregator says it may. */
export interface Policy {
  /** `capture` and names of the catalogue; undefined: all of them. */
  readonly tools: readonly string[] | undefined;
  /** Of the pods; undefined: all. */
  readonly namespaces: readonly string[] | undefined;
  /** Longest run of a task. */
  readonly seconds: number;
  /** Most bytes of packets of one interface, or of a tool's output in one pod. */
  readonly bytes: number;
  /** Most bytes of a frame. */
  readonly snaplen: number;
}

/** A task within the policy. */
export interface BoundTask {
  readonly task: Task;
  /** What is to be said when the policy ends it, and not the asker; empty: the asker's own limit is the lower one. */
  readonly overTime: string;
  readonly overBytes: string;
}

/**
 * Cuts what has no limit to the policy's and refuses what asks for more. Throws SnoopyError NOT_ALLOWED with a sentence.
 */
export function withinPolicy(task: Task, policy: Policy): BoundTask {
  const work = task.capture ?? task.run;
  if (!work) return { task, overTime: '', overBytes: '' };
  const tool = task.run?.tool ?? 'capture';
  if (policy.tools && !policy.tools.includes(tool)) {
    throw refused(`${printable(tool, 40)} is not allowed here (--task-tools)`);
  }
  const seconds = limited('seconds', work.maxSeconds, policy.seconds, '--task-time');
  const bytes = limited('bytes', work.maxBytes, policy.bytes, '--task-bytes');
  const limits = { maxSeconds: seconds, maxBytes: bytes };
  const { capture, run } = task;
  return {
    task: {
      ...task,
      ...(run ? { run: { ...run, ...limits } } : {}),
      ...(capture ? { capture: { ...capture, ...limits, snaplen: snaplenOf(capture.snaplen, policy) } } : {}),
    },
    overTime: work.maxSeconds > 0 ? '' : `this node's agent ends it after ${seconds} s (--task-time)`,
    overBytes: work.maxBytes > 0 ? '' : `this node's agent ends it after ${bytes} bytes (--task-bytes)`,
  };
}

/** Throws SnoopyError NOT_ALLOWED when nothing may be done in a pod's namespace. */
export function checkNamespace(namespace: string, { namespaces }: Policy): void {
  if (!namespaces || namespaces.includes(namespace)) return;
  throw refused(`nothing may be run in pods of ${namespace} (--task-namespaces)`);
}

function snaplenOf(asked: number, { snaplen: most }: Policy): number {
  // 0 asks for whole frames, or as much of them as there is to be had: the file says how much.
  return limited('bytes of a frame', asked, most, '--task-snaplen');
}

/** What is asked for, or the most where that is no limit. */
function limited(what: string, asked: number, most: number, flag: string): number {
  if (asked > most)
    throw refused(`${asked} ${what} are more than the ${most} that are allowed here (${flag})`);
  return asked === 0 ? most : asked;
}

function refused(why: string): SnoopyError {
  return new SnoopyError('NOT_ALLOWED', `this node's agent refuses: ${why}`);
}
