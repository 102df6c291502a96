import type { PodEntry } from '../pods/pod-entry.js';
import type { FlowSource } from './flow-source.js';

/** Counters of one direction, as deltas. Same meaning as `Counters` in observer.proto. */
export interface DirectionCounters {
  packets: number;
  bytes: number;
  payload: number;
  segments: number;
  retransmits: number;
  zeroWindows: number;
  /** Sent by one end and not received by the other; both views needed, else 0. */
  lostSegments: number;
}

/** One source record within a merged flow. (agent, epoch, sequence) names it for ever. */
export interface FlowView {
  /** The run of an agent that numbered it. */
  from: FlowSource;
  /** 1 source, 2 destination, 3 hop (numbers of `Vantage`). */
  vantage: number;
  /** Its first word in `MergedFlow.records`, a multiple of 4. */
  at: number;
}

/** Memory that holds records as record-layout.ts says; one memory, seen in three ways. */
export interface RecordMemory {
  readonly words: Int32Array;
  readonly counts: Uint32Array;
  readonly doubles: Float64Array;
}

export interface DnsTransaction {
  readonly name: string;
  readonly type: number;
  readonly rcode: number;
  readonly latencyUs: number;
}

/** An end as another view has it. */
export interface OtherLook {
  /** It is not as the end sees itself; address and port mean nothing otherwise. */
  differs: boolean;
  readonly address: Uint8Array;
  /** The same memory, in the machine's byte order. */
  readonly words: Int32Array;
  port: number;
}

/**
 * One connection during one window, both ends merged, as it leaves the merge. ONE object, reused for every flow:
 * whoever takes it copies what it keeps before it returns. Source is who initiated the connection.
 */
export interface MergedFlow {
  /** The connection's slot in the merge's table, stable while it lives: sinks may cache by it. */
  slot: number;
  /**
   * A number that one sink may keep with the connection: what it left here with the last flow of the slot, 0 at first.
   * The merge has it in the processor's cache by then, unlike an array of the sink's own.
   */
  memo: number;
  /** First flow of this slot, or one of its pods changed: what was cached for the slot is void. */
  renamed: boolean;
  timeUs: number;
  durationUs: number;
  protocol: number;
  /** 16 bytes each, IPv4 as ::ffff:a.b.c.d. Each end is called as its own view calls it. */
  readonly sourceAddress: Uint8Array;
  readonly destinationAddress: Uint8Array;
  /** The same memory, in the machine's byte order. */
  readonly sourceWords: Int32Array;
  readonly destinationWords: Int32Array;
  sourcePort: number;
  destinationPort: number;
  /** Who stands there: a pod, or what is known of the address (PodEntry.kind). */
  sourcePod: PodEntry | undefined;
  destinationPod: PodEntry | undefined;
  /** What lies between the ends: 1 DNAT, 2 SNAT, 3 both (numbers of `Translation`). */
  translation: number;
  /** The destination as the source's view has it, or a hop's where there is nothing but a hop's: a Service. */
  readonly dialled: OtherLook;
  /** The source as the destination's view has it, or a hop's: a masquerade. */
  readonly caller: OtherLook;
  /** The Service that was dialled, where that is not the destination itself. */
  dialledService: PodEntry | undefined;
  initiatorKnown: boolean;
  opened: boolean;
  outcome: number;
  outcomeFinal: boolean;
  closed: number;
  partial: boolean;
  /** Source to destination, and back. */
  readonly request: DirectionCounters;
  readonly reply: DirectionCounters;
  /** 0: unknown. */
  handshakeUs: number;
  rttUs: number;
  /** `type << 8 | code`, -1: none. */
  icmp: number;
  /** With the outcome: SYNs sent for it, where there were several or it failed. 0: not known. */
  syns: number;
  /** With the outcome or the end: who sent the RST, 1 the source, 2 the destination, 0 nobody or not known. */
  resetBy: number;
  /** Payload bytes until then. */
  resetAfterRequest: number;
  resetAfterReply: number;
  /** The name that the client of TLS asked for, in the record in which it did; else ''. */
  serverName: string;
  /** The first `viewCount` are valid: the source's in the order of their numbers, the destination's, hops'. */
  readonly views: readonly FlowView[];
  viewCount: number;
  /** There are others than one view of the source and one of the destination, at most. */
  folded: boolean;
  /** 1 + the number of the first view of the end whose counters are those of the flow, 0: it counts nothing. */
  primary: number;
  /** The first word, in `records`, of the record or sum of records that has these counters. Void if `primary` is 0. */
  counted: number;
  readonly records: RecordMemory;
  /** Empty for almost every flow; the array is not reused. */
  dns: readonly DnsTransaction[];
}

/** Takes merged flows, synchronously. */
export interface FlowSink {
  take(flow: MergedFlow): void;
  /** So many flows, or fewer, come next: memory may be touched now, where its cache misses overlap. */
  prepare?(flows: number): void;
}
