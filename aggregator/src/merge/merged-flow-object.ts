import type { FlowSource } from './flow-source.js';
import type { DirectionCounters, FlowView, MergedFlow, OtherLook, RecordMemory } from './merged-flow.js';
import { MOST_VIEWS } from './record-layout.js';

function counters(): DirectionCounters {
  return { packets: 0, bytes: 0, payload: 0, segments: 0, retransmits: 0, zeroWindows: 0, lostSegments: 0 };
}

/** Nobody's: where a flow has no such view. */
const nobody: FlowSource = {
  index: -1,
  agent: '',
  epoch: 0,
  sinceMs: 0,
  connected: false,
  connectedAtMs: 0,
  lostAtMs: 0,
  recordMark: 0,
  packetMark: 0,
  clockOffsetUs: 0,
};

function view(): FlowView {
  return { from: nobody, vantage: 0, at: 0 };
}

function address(): { address: Uint8Array; words: Int32Array } {
  const memory = new ArrayBuffer(16);
  return { address: new Uint8Array(memory), words: new Int32Array(memory) };
}

function look(): OtherLook {
  return { differs: false, ...address(), port: 0 };
}

/** The one object that all merged flows are. */
export function mergedFlowObject(records: RecordMemory): MergedFlow {
  const source = address();
  const destination = address();
  return {
    slot: 0,
    memo: 0,
    renamed: false,
    timeUs: 0,
    durationUs: 0,
    protocol: 0,
    sourceAddress: source.address,
    destinationAddress: destination.address,
    sourceWords: source.words,
    destinationWords: destination.words,
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
    syns: 0,
    resetBy: 0,
    resetAfterRequest: 0,
    resetAfterReply: 0,
    serverName: '',
    views: Array.from({ length: MOST_VIEWS }, view),
    viewCount: 0,
    folded: false,
    primary: 0,
    counted: 0,
    records,
    dns: [],
  };
}
