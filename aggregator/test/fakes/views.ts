import type { FlowSource } from '../../src/merge/flow-source.js';
import type { FlowView, MergedFlow, RecordMemory } from '../../src/merge/merged-flow.js';
import { ENTRY_WORDS, Rec } from '../../src/merge/record-layout.js';

/** A view with what its record says. */
export interface SeenView {
  agent: string;
  epoch: number;
  sequence: number;
  state: number;
  vantage: number;
  sentPackets: number;
  sentBytes: number;
  sentPayload: number;
  sentSegments: number;
  receivedPackets: number;
  receivedBytes: number;
  receivedPayload: number;
  receivedSegments: number;
}

/** Copies of a flow's views. */
export function viewsOf({ views, viewCount, records }: MergedFlow): SeenView[] {
  const { words, counts, doubles } = records;
  return views.slice(0, viewCount).map(({ from, vantage, at }) => ({
    agent: from.agent,
    epoch: from.epoch,
    sequence: doubles[at / 2 + Rec.sequenceDouble]!,
    state: words[at + Rec.state]!,
    vantage,
    sentPackets: counts[at + Rec.sentPackets]!,
    sentBytes: doubles[at / 2 + Rec.sentBytesDouble]!,
    sentPayload: doubles[at / 2 + Rec.sentPayloadDouble]!,
    sentSegments: counts[at + Rec.sentSegments]!,
    receivedPackets: counts[at + Rec.receivedPackets]!,
    receivedBytes: doubles[at / 2 + Rec.receivedBytesDouble]!,
    receivedPayload: doubles[at / 2 + Rec.receivedPayloadDouble]!,
    receivedSegments: counts[at + Rec.receivedSegments]!,
  }));
}

const sources = new Map<string, FlowSource>();

function sourceOf(agent: string, epoch: number): FlowSource {
  const key = `${agent} ${epoch}`;
  const source = sources.get(key) ?? {
    index: sources.size,
    agent,
    epoch,
    sinceMs: 0,
    connected: true,
    connectedAtMs: 0,
    lostAtMs: 0,
    recordMark: 0,
    packetMark: 0,
    clockOffsetUs: 0,
  };
  sources.set(key, source);
  return source;
}

/** The views as a flow has them. */
export function recordsOf(seen: readonly SeenView[]): { views: FlowView[]; records: RecordMemory } {
  const memory = new ArrayBuffer(seen.length * ENTRY_WORDS * 4);
  const records = {
    words: new Int32Array(memory),
    counts: new Uint32Array(memory),
    doubles: new Float64Array(memory),
  };
  return { views: seen.map((view, i) => write(records, i * ENTRY_WORDS, view)), records };
}

function write({ words, counts, doubles }: RecordMemory, at: number, view: SeenView): FlowView {
  words[at + Rec.state] = view.state;
  counts[at + Rec.sentPackets] = view.sentPackets;
  counts[at + Rec.sentSegments] = view.sentSegments;
  counts[at + Rec.receivedPackets] = view.receivedPackets;
  counts[at + Rec.receivedSegments] = view.receivedSegments;
  doubles[at / 2 + Rec.sequenceDouble] = view.sequence;
  doubles[at / 2 + Rec.sentBytesDouble] = view.sentBytes;
  doubles[at / 2 + Rec.sentPayloadDouble] = view.sentPayload;
  doubles[at / 2 + Rec.receivedBytesDouble] = view.receivedBytes;
  doubles[at / 2 + Rec.receivedPayloadDouble] = view.receivedPayload;
  const from = sourceOf(view.agent, view.epoch);
  words[at + Rec.source] = from.index;
  return { from, vantage: view.vantage, at };
}
