import type { DirectionCounters, FlowView, MergedFlow } from '../../src/merge/merged-flow.js';
import type { PodEntry } from '../../src/pods/pod-entry.js';

/** Some day in 2026, microseconds. */
export const TIME_US = 1_790_000_000_000_000;

let pods = 0;

export function makePod(name: string, fields: Partial<PodEntry> = {}): PodEntry {
  const id = ++pods;
  return {
    id,
    uid: `uid-${id}`,
    namespace: 'shop',
    name,
    labels: { app: name },
    ips: [],
    node: 'node-1',
    workload: name,
    watched: true,
    ...fields,
  };
}

/** `10.0.0.1` as 16 bytes, or sixteen bytes written in hex. */
export function address(text: string): Uint8Array {
  if (!text.includes('.')) return new Uint8Array(Buffer.from(text, 'hex'));
  return new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...text.split('.').map(Number)]);
}

export function makeCounters(fields: Partial<DirectionCounters> = {}): DirectionCounters {
  return {
    packets: 0,
    bytes: 0,
    payload: 0,
    segments: 0,
    retransmits: 0,
    zeroWindows: 0,
    lostSegments: 0,
    ...fields,
  };
}

export function makeView(fields: Partial<FlowView> = {}): FlowView {
  return {
    agent: 'node-1',
    epoch: 1_000,
    sequence: 0,
    state: 0,
    vantage: 1,
    sentPackets: 0,
    sentBytes: 0,
    sentPayload: 0,
    sentSegments: 0,
    receivedPackets: 0,
    receivedBytes: 0,
    receivedPayload: 0,
    receivedSegments: 0,
    ...fields,
  };
}

type FlowFields = Partial<Omit<MergedFlow, 'request' | 'reply'>> & {
  request?: Partial<DirectionCounters>;
  reply?: Partial<DirectionCounters>;
};

/** A TCP connection of one request and its reply, opened and established. */
export function makeFlow({ request, reply, ...fields }: FlowFields = {}): MergedFlow {
  return {
    slot: 0,
    memo: 0,
    renamed: true,
    timeUs: TIME_US,
    durationUs: 2_500,
    protocol: 6,
    sourceAddress: address('10.0.0.1'),
    destinationAddress: address('10.0.0.2'),
    sourcePort: 40_000,
    destinationPort: 80,
    sourcePod: undefined,
    destinationPod: undefined,
    translation: 0,
    dialled: { differs: false, address: new Uint8Array(16), port: 0 },
    caller: { differs: false, address: new Uint8Array(16), port: 0 },
    dialledService: undefined,
    initiatorKnown: true,
    opened: true,
    outcome: 1,
    outcomeFinal: true,
    closed: 0,
    partial: false,
    request: makeCounters({ packets: 3, bytes: 300, payload: 90, segments: 1, ...request }),
    reply: makeCounters({ packets: 2, bytes: 1_200, payload: 1_000, segments: 1, ...reply }),
    handshakeUs: 0,
    rttUs: 0,
    icmp: -1,
    views: [makeView(), makeView({ vantage: 2, agent: 'node-2' })],
    viewCount: 1,
    dns: [],
    ...fields,
  };
}
