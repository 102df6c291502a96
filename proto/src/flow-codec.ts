import { SnoopyError } from './errors.js';
import type { FlowColumns } from './flow-columns.js';
import type { LossMessage } from './types.js';

/** What a batch carries besides its rows. */
export interface FlowBatchHeader {
  /** Start of the agent, microseconds since 1970. */
  epoch: number;
  /** Number of the first row; of the next row to come when there are no rows. */
  firstSequence: number;
  /** What was lost since the previous batch. */
  lost: LossMessage[];
}

/**
 * Writes a batch in the wire format of `FlowBatch` (flow.proto).
 * @param columns rows in any order; they are numbered by their index
 * @returns a buffer of its own, to be kept until the batch is acknowledged
 */
export function encodeFlowBatch(_header: FlowBatchHeader, _columns: FlowColumns): Buffer {
  throw new SnoopyError('UNSUPPORTED', 'Not yet.');
}

/**
 * Reads a batch into reused columns.
 * @param into emptied first; after an error its contents are void
 * @throws SnoopyError BAD_INPUT for whatever is not a valid batch within `FlowLimits`
 */
export function decodeFlowBatch(_bytes: Uint8Array, _into: FlowColumns): FlowBatchHeader {
  throw new SnoopyError('UNSUPPORTED', 'Not yet.');
}
