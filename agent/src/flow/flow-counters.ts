import { newDecodeCounters } from '../decode/decode-error.js';

/**
 * What became of every packet that was given to observe(). At every moment
 * `seen = emitted + live + lost + excluded`, in packets and in frame bytes; `live` is what flows in the table have
 * counted since their last row (FlowTable.pending()).
 */
export class FlowCounters {
  seenPackets = 0;
  seenBytes = 0;
  /** In rows that drain() handed out. */
  emittedPackets = 0;
  emittedBytes = 0;
  /**
   * No slot was free for a new flow and none could be evicted, or the capture had been removed: stage `flow_table`,
   * reason `full`, unit packets.
   */
  lostPackets = 0;
  lostBytes = 0;
  /** Snoopy's own links. */
  excludedPackets = 0;
  excludedBytes = 0;
  /** Rows that drain() handed out. */
  rows = 0;
  flowsCreated = 0;
  /** Flows that left early because the table was full; what they had to say left with them. */
  flowsEvicted = 0;
  /** DNS transactions that found no room: stage `dns`, reason `full`, unit records. */
  dnsLost = 0;
  /** DNS answers whose question was not seen, and messages that go the wrong way. */
  dnsUnmatched = 0;
  /** DNS messages that could not be read, by `DecodeError`. */
  readonly dnsErrors = newDecodeCounters();
}
