import { Outcome, Protocol } from '@snoopy/proto';
import type { MergedFlow } from './merged-flow.js';
import type { RowExtras } from './row-extras.js';
import type { Told } from './told.js';

/** Numbers of `FlowExtra.resetBy`. */
const LOCAL = 1;
const PEER = 2;

/** Of `MergedFlow.resetBy`. */
const DESTINATION = 2;

/** Says why an attempt failed or a connection broke, in the flow that tells the outcome or the end. The source's word wins. */
export class FailureWriter {
  readonly #flow: MergedFlow;

  constructor(flow: MergedFlow) {
    this.#flow = flow;
  }

  /** The flow's outcome and end are written before. */
  write(source: Told, destination: Told): void {
    this.clear();
    const one = source.at >= 0 && source.extras?.rare ? source.extras : undefined;
    const other = destination.at >= 0 && destination.extras?.rare ? destination.extras : undefined;
    if (one || other) this.#writeRare(one, other);
    const flow = this.#flow;
    if (!flow.outcomeFinal || flow.protocol !== Protocol.tcp || flow.viewCount === 0) return;
    // That is what refused means.
    if (flow.outcome === Outcome.refused) flow.resetBy = DESTINATION;
    const retries = Math.max(one?.synRetries ?? 0, other?.synRetries ?? 0);
    if (retries > 0 || flow.outcome !== Outcome.established) flow.syns = 1 + retries;
  }

  clear(): void {
    const flow = this.#flow;
    flow.icmp = -1;
    flow.syns = 0;
    flow.resetBy = 0;
    flow.resetAfterRequest = 0;
    flow.resetAfterReply = 0;
  }

  #writeRare(source: RowExtras | undefined, destination: RowExtras | undefined): void {
    const flow = this.#flow;
    flow.icmp = source?.icmp ?? -1;
    if (flow.icmp < 0) flow.icmp = destination?.icmp ?? -1;
    if (!flow.outcomeFinal && flow.closed === 0) return;
    const teller = source && source.resetBy !== 0 ? source : destination;
    if (!teller || teller.resetBy === 0) return;
    const isSource = teller === source;
    flow.resetBy = isSource ? teller.resetBy : LOCAL + PEER - teller.resetBy;
    flow.resetAfterRequest = isSource ? teller.resetAfterSent : teller.resetAfterReceived;
    flow.resetAfterReply = isSource ? teller.resetAfterReceived : teller.resetAfterSent;
  }
}
