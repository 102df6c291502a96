import type { DirectionCounters, FlowView, MergedFlow, OtherLook } from './merged-flow.js';

function counters(): DirectionCounters {
  return { packets: 0, bytes: 0, payload: 0, segments: 0, retransmits: 0, zeroWindows: 0, lostSegments: 0 };
}

function view(): FlowView {
  return {
    agent: '',
    epoch: 0,
    sequence: 0,
    state: 0,
    vantage: 0,
    sentPackets: 0,
    sentBytes: 0,
    sentPayload: 0,
    sentSegments: 0,
    receivedPackets: 0,
    receivedBytes: 0,
    receivedPayload: 0,
    receivedSegments: 0,
  };
}

function look(): OtherLook {
  return { differs: false, address: new Uint8Array(new ArrayBuffer(16)), port: 0 };
}

/** The one object that all merged flows are. */
export function mergedFlowObject(): MergedFlow {
  return {
    slot: 0,
    memo: 0,
    renamed: false,
    timeUs: 0,
    durationUs: 0,
    protocol: 0,
    sourceAddress: new Uint8Array(new ArrayBuffer(16)),
    destinationAddress: new Uint8Array(new ArrayBuffer(16)),
    sourcePort: 0,
    destinationPort: 0,
    sourcePod: undefined,
    destinationPod: undefined,
    translation: 0,
    dialled: look(),
    caller: look(),
    dialledService: undefined,
    initiatorKnown: false,
    opened: false,
    outcome: 0,
    outcomeFinal: false,
    closed: 0,
    partial: false,
    request: counters(),
    reply: counters(),
    handshakeUs: 0,
    rttUs: 0,
    icmp: -1,
    views: [view(), view()],
    viewCount: 0,
    dns: [],
  };
}
