import { type ErrorCode, SnoopyError } from '@snoopy/proto';
import type { PodInfo } from '../pods/pod-source.js';

/** Why a pod cannot be entered: a closed list, shown to people and programs. */
export const refusals = {
  'host-network': 'NOT_ALLOWED',
  'not-ready': 'UNAVAILABLE',
  'no-network': 'UNAVAILABLE',
  'no-container': 'NOT_FOUND',
  gone: 'NOT_FOUND',
  'not-permitted': 'NOT_ALLOWED',
  'bad-namespace': 'UNAVAILABLE',
} as const satisfies Record<string, ErrorCode>;

export type Refusal = keyof typeof refusals;

/** A pod that cannot be entered, or no longer. `message` is a sentence; `reason` the word for it. */
export class TargetError extends SnoopyError {
  constructor(
    readonly reason: Refusal,
    message: string,
    options?: ErrorOptions,
  ) {
    super(refusals[reason], message, options);
  }
}

/** A pod's network namespace, opened and verified. It stays open, and alive, until `close`. */
export interface Target {
  readonly pod: PodInfo;
  /** Number of the namespace: two targets with the same inode are one network. */
  readonly inode: number;
  /** How it was found. */
  readonly via: 'sandbox-path' | 'sandbox-pid' | 'container-pid';
  /** File of the namespace, if the runtime keeps one: it may be another namespace's later. */
  readonly path?: string;
  /** Else a process inside. */
  readonly pid?: number;
  /** The open namespace; children get it as their descriptor 3. */
  readonly fd: number;
  /** Lets go of the namespace; calls after the first do nothing. */
  close(): void;
}
