import type { RingReader } from './ring-reader.js';

/** Port: one pass over a map of the kernel at a time, row by row. */
export interface Pass {
  readonly data: DataView;
  /** Of the row that next() found. */
  readonly offset: number;
  readonly running: boolean;
  /** Begins a pass; does nothing while one runs. */
  start(): void;
  /** Moves to the next row; false at the end of the pass. */
  next(): boolean;
}

/** Port: the loaded programs of one node. */
export interface NodeKernel {
  readonly socketRows: RingReader;
  readonly frames: RingReader;
  readonly liveSockets: Pass;
  readonly flows4: Pass;
  readonly flows6: Pass;
  /** @returns a way to detach; the namespace is not held */
  attach(number: number, netnsPath: string, interfaces: readonly string[]): () => void;
  /** Begins a pass over the flows that no socket counts. @param onlyNew those without a row */
  startFlowPass(onlyNew: boolean): void;
  /** Forgets the flow of a row that said it is idle. */
  deleteFlow(view: DataView, offset: number, version: 4 | 6): void;
}
