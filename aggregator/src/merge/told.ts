import type { RowExtras } from './row-extras.js';

/** A record to be told, wherever it is. */
export interface Told {
  /** First word of the record, a multiple of 4; -1: there is none. */
  at: number;
  extras: RowExtras | undefined;
}
