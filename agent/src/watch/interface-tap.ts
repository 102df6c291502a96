import type { PodRef } from '@snoopy/proto';
import type { InterfaceInfo } from '../podtracer/interface-info.js';
import type { Target } from '../podtracer/target.js';
import type { Gear } from './gear-box.js';

/** Port: one interface of one pod, watched, however that is done. */
export interface InterfaceTap {
  readonly name: string;
  /** Why nothing is seen at the moment, one sentence; empty while it is. */
  readonly trouble: string;
  /** Something is seen: it has started, and has no trouble. */
  readonly seeing: boolean;
  /** How long nothing was seen so far, milliseconds. */
  readonly blindMs: number;
  /** For taps that have several. */
  readonly gear: Gear | undefined;
  /** Text that changes when interfaces or addresses there do (network-mark.ts), as far as it can be told cheaply. */
  mark(): string | undefined;
  /** The interface's addresses may have changed. */
  update(info: InterfaceInfo): void;
  /** To be called a few times a second. */
  tick(): void;
  /** Ends it properly; resolves when nothing of it is left. Its flows end with reason `shutdown`. */
  stop(): Promise<void>;
}

/** What a new tap needs. */
export interface TapRequest {
  readonly pod: PodRef;
  readonly info: InterfaceInfo;
  /** Opens the pod's network; may be called more than once. */
  readonly target: () => Promise<Target>;
  /** `trouble` has changed. */
  readonly onChange: () => void;
}

/** Port: where taps come from, and how many there can be. */
export interface InterfaceTaps {
  /** Interfaces that can be watched at once. */
  readonly most: number;
  /** How many more can be watched now. */
  readonly free: number;
  /** Said of a pod that is left out: a word, a colon, a sentence. */
  readonly full: string;
  /** Undefined when there is no room. */
  open(request: TapRequest): InterfaceTap | undefined;
}
