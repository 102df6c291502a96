import { type PodRef, Protocol } from '@snoopy/proto';
import type { Batch } from './batch.js';
import { CopiedFrame } from './copied-frame.js';
import type { CountedRows } from './counted-rows.js';
import { FlowRow } from './flow-row.js';
import { FlowRows } from './flow-rows.js';
import type { FrameIngest } from './frame-ingest.js';
import { type HeldRow, HeldRows } from './held-rows.js';
import type { WatchedPod } from './kernel-pods.js';
import type { RecentErrors } from './recent-errors.js';
import { SocketRow } from './socket-row.js';
import { SocketRows } from './socket-rows.js';

/** The pod of a row that says only that one read() was long enough. */
const PAUSE = 0;

/** What the programs say, to the batch under its pod's name; what has no name yet is held until it has. */
export class PodRows {
  readonly held = new HeldRows();
  readonly sockets: SocketRows;
  /** Rows of pods that are not known any more. */
  strays = 0;
  readonly #flows: FlowRows;
  /** What was held for pods that have a name now. */
  readonly #named: HeldRow[] = [];
  /** Rows of flows that counted on after their last row. */
  readonly #leftOver: DataView[] = [];

  /** @param podOf by the number that the programs know */
  constructor(
    private readonly batch: Batch,
    errors: RecentErrors,
    private readonly counted: CountedRows,
    private readonly podOf: (number: number) => WatchedPod | undefined,
  ) {
    this.sockets = new SocketRows(batch, errors);
    this.#flows = new FlowRows(batch);
  }

  /** A number whose rows are held has a name from now on. */
  name(number: number): void {
    for (const row of this.held.take(number)) this.#named.push(row);
  }

  /** A flow's very last row, for the next batch. */
  keep(row: DataView | undefined): void {
    if (row) this.#leftOver.push(row);
  }

  writeSocket(view: DataView, offset: number): void {
    const number = view.getUint32(offset + SocketRow.pod, true);
    const watched = this.podOf(number);
    if (watched?.pod) this.sockets.write(view, offset, watched.pod);
    else if (watched) this.held.hold(number, 'socket', view, offset, SocketRow.bytes);
    else if (number !== PAUSE) this.strays++;
  }

  writeFlow(view: DataView, offset: number): void {
    const number = view.getUint32(offset + FlowRow.pod, true);
    const watched = this.podOf(number);
    if (watched?.pod) this.#writeFlowOf(view, offset, watched.pod);
    else if (watched) this.held.hold(number, 'flow', view, offset, FlowRow.bytes);
    else if (number !== PAUSE) this.strays++;
  }

  #writeFlowOf(view: DataView, offset: number, pod: PodRef): void {
    const protocol = view.getUint8(offset + FlowRow.protocol);
    const isTcp = protocol === Protocol.tcp;
    if (isTcp || protocol === Protocol.sctp) this.counted.write(view, offset, this.batch.wallOffsetUs, isTcp);
    else this.#flows.write(view, offset, pod);
  }

  /** Writes what waits. Returns whether the batch is full. */
  writeWaiting(frames: FrameIngest): boolean {
    while (this.#named.length + this.#leftOver.length > 0) {
      if (!this.batch.hasRoom()) return true;
      const row = this.#named.shift();
      if (row) this.#writeNamed(row, frames);
      else this.writeFlow(this.#leftOver.shift()!, 0);
    }
    return false;
  }

  #writeNamed({ kind, view }: HeldRow, frames: FrameIngest): void {
    if (kind === 'socket') this.writeSocket(view, 0);
    else if (kind === 'flow') this.writeFlow(view, 0);
    else {
      const captureId = this.podOf(view.getUint32(CopiedFrame.pod, true))?.captureId;
      if (captureId !== undefined) frames.read(view, 0, captureId, this.batch.wallOffsetUs);
    }
  }
}
