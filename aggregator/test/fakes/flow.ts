import type { DirectionCounters, MergedFlow, OtherLook } from '../../src/merge/merged-flow.js';
import type { PodEntry } from '../../src/pods/pod-entry.js';
import { recordsOf, type SeenView } from './views.js';

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

function wordsOf(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, 4);
}

function lookOf(look?: Omit<OtherLook, 'words'>): OtherLook {
  const { differs, address: bytes, port } = look ?? { differs: false, address: new Uint8Array(16), port: 0 };
  return { differs, address: bytes, words: wordsOf(bytes), port };
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

export function makeView(fields: Partial<SeenView> = {}): SeenView {
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

type FlowFields = Partial<
  Omit<MergedFlow, 'request' | 'reply' | 'views' | 'records' | 'dialled' | 'caller'>
> & {
  request?: Partial<DirectionCounters>;
  reply?: Partial<DirectionCounters>;
  views?: SeenView[];
  dialled?: Omit<OtherLook, 'words'>;
  caller?: Omit<OtherLook, 'words'>;
};

/** A TCP connection of one request and its reply, opened and established. */
export function makeFlow({ request, reply, views, dialled, caller, ...fields }: FlowFields = {}): MergedFlow {
  const { sourceAddress = address('10.0.0.1'), destinationAddress = address('10.0.0.2') } = fields;
  const there = makeCounters({ packets: 3, bytes: 300, payload: 90, segments: 1, ...request });
  const back = makeCounters({ packets: 2, bytes: 1_200, payload: 1_000, segments: 1, ...reply });
  const own = makeView({
    sentPackets: there.packets,
    sentBytes: there.bytes,
    sentPayload: there.payload,
    sentSegments: there.segments,
    receivedPackets: back.packets,
    receivedBytes: back.bytes,
    receivedPayload: back.payload,
    receivedSegments: back.segments,
  });
  return {
    slot: 0,
    serverName: '',
    memo: 0,
    renamed: true,
    timeUs: TIME_US,
    durationUs: 2_500,
    protocol: 6,
    sourceAddress,
    destinationAddress,
    sourceWords: wordsOf(sourceAddress),
    destinationWords: wordsOf(destinationAddress),
    sourcePort: 40_000,
    destinationPort: 80,
    sourcePod: undefined,
    destinationPod: undefined,
    translation: 0,
    dialled: lookOf(dialled),
    caller: lookOf(caller),
    dialledService: undefined,
    initiatorKnown: true,
    opened: true,
    outcome: 1,
    outcomeFinal: true,
    closed: 0,
    partial: false,
    request: there,
    reply: back,
    handshakeUs: 0,
    rttUs: 0,
    icmp: -1,
    syns: 0,
    resetBy: 0,
    resetAfterRequest: 0,
    resetAfterReply: 0,
    ...recordsOf(views ?? [own, makeView({ vantage: 2, agent: 'node-2' })]),
    viewCount: 1,
    folded: false,
    primary: 1,
    counted: 0,
    dns: [],
    ...fields,
  };
}
