import { MIN_TABLE_BYTES } from '../flow/memory-plan.js';
import type { ProgramSizes } from './node-kernel.js';

/** What an entry takes: element header 48, key, value, rounded to the allocator's sizes, and 16 of two buckets. */
const connectionBytes = 192 + 32;
const flow4Bytes = 192 + 32;
const flow6Bytes = 256 + 32;

/** How --flow-memory is shared out; what a map's entries take is only taken when they are there. */
const share = {
  connections: 0.51,
  flows4: 0.14,
  flows6: 0.05,
  tcpFlows: 0.04,
  rowRing: 0.1,
  frameRing: 0.05,
  helloRing: 0.011,
  table: 0.08,
};

/** Sizes of the programs' maps and rings, and the memory of the flow table beside them. */
export interface KernelMemory extends ProgramSizes {
  readonly tableBytes: number;
}

/** @param totalBytes of everything together */
export function kernelMemory(totalBytes: number): KernelMemory {
  const entries = (part: number, bytes: number): number =>
    Math.max(256, Math.floor((totalBytes * part) / bytes));
  return {
    connections: entries(share.connections, connectionBytes),
    flows4: entries(share.flows4, flow4Bytes),
    flows6: entries(share.flows6, flow6Bytes),
    tcpFlows: entries(share.tcpFlows, flow6Bytes),
    rowRingBytes: powerOfTwo(totalBytes * share.rowRing),
    frameRingBytes: powerOfTwo(totalBytes * share.frameRing),
    helloRingBytes: powerOfTwo(totalBytes * share.helloRing),
    tableBytes: Math.max(MIN_TABLE_BYTES, Math.floor(totalBytes * share.table)),
  };
}

/** The largest that fits, a page at least. */
function powerOfTwo(bytes: number): number {
  return 2 ** Math.max(12, Math.floor(Math.log2(bytes)));
}
