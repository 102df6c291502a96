import { type OverlapLog, windowUs } from './overlap-log.js';

/** From when on the new tcpdump counts, and what the kernel had dropped of each until then: exact, or it is none. */
export interface TakeoverMoment {
  /** Microseconds since 1970. */
  readonly fromUs: number;
  readonly oldDropped: number;
  readonly newDropped: number;
}

/** A tcpdump's answer about itself. */
export interface Answer {
  /** Packets that found room in its ring: the number of its last record. */
  readonly accepted: number;
  readonly dropped: number;
}

/** What was asked around a moment, in this order: old and new; then time passed `fromUs`; old; then `askedUs`; new. */
export interface Answers {
  readonly oldBefore: Answer;
  readonly newBefore: Answer;
  readonly fromUs: number;
  readonly old: Answer;
  readonly askedUs: number;
  readonly new: Answer;
}

/** Nothing was dropped around it: any moment in between will do. */
export function quietMoment(answers: Answers): TakeoverMoment | undefined {
  const { oldBefore, old, fromUs } = answers;
  if (!newIsSound(answers) || oldBefore.dropped !== old.dropped) return undefined;
  return { fromUs, oldDropped: old.dropped, newDropped: answers.new.dropped };
}

/**
 * The old one drops on and on. Its last record before its answer and the first one after it are known by their numbers;
 * if the new one, which misses nothing, has no packet between these two, the old one dropped none there, and what it
 * had dropped when it answered is what it had dropped between them.
 *
 *   old  … p   x x   | q …       | the answer
 *   new  … p y y y y y q …       no: some of the y were dropped before the answer, some after it
 *   new  … p q …                 yes
 *
 * @param oldNumber number of the old log's first record, from 1
 */
export function momentBetweenNeighbours(
  answers: Answers,
  oldLog: OverlapLog,
  oldNumber: number,
  newLog: OverlapLog,
): TakeoverMoment | undefined {
  const { old, fromUs, askedUs } = answers;
  const last = old.accepted - oldNumber;
  if (!newIsSound(answers) || last < 0 || last + 1 >= oldLog.length) return undefined;
  const p = newLog.find(oldLog.timeUs(last), oldLog.hash(last), windowUs);
  const q = newLog.find(oldLog.timeUs(last + 1), oldLog.hash(last + 1), windowUs);
  if (p < 0 || q !== p + 1) return undefined;
  // The new one was complete before p and had not dropped anything when it had q.
  if (newLog.timeUs(p) <= fromUs || newLog.timeUs(q) >= askedUs) return undefined;
  return { fromUs: newLog.timeUs(p), oldDropped: old.dropped, newDropped: answers.new.dropped };
}

/** Whether the new one dropped nothing from before `fromUs` until after `askedUs`. */
function newIsSound(answers: Answers): boolean {
  return answers.newBefore.dropped === answers.new.dropped;
}
