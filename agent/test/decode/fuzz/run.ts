import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { pcapErrorNames } from '../../../src/capture/pcap-error.js';
import { PcapReader } from '../../../src/capture/pcap-reader.js';
import { DecodeError, decodeErrorNames, newDecodeCounters } from '../../../src/decode/decode-error.js';
import { Decoded } from '../../../src/decode/decoded.js';
import { parseDns, parseDnsOverTcp } from '../../../src/decode/dns.js';
import { DnsMessage } from '../../../src/decode/dns-message.js';
import { decodeFrame } from '../../../src/decode/frame.js';
import type { Packet } from '../../samples/samples.js';
import { Mutator } from './mutator.js';

/** Larger than any frame of the samples with all that mutations add. */
const ROOM = 1 << 16;

export interface FuzzResult {
  /** Frames by `DecodeError`. */
  readonly frames: Float64Array;
  /** DNS messages by `DecodeError`. */
  readonly messages: Float64Array;
  /** Streams by `PcapError`. */
  readonly streams: Float64Array;
  /** What must not be, in words; the first few. */
  readonly wrongs: string[];
  readonly slowestMs: number;
  /** Bytes of heap and array buffers after a tenth of the run and at its end, collected before each look. */
  readonly memory: readonly [number, number];
}

/** Sends `inputs` mutated frames (four of five) and streams through reader and decoders. */
export function fuzz(inputs: number, seed: number): FuzzResult {
  const run = new FuzzRun(seed);
  let early = 0;
  let slowestMs = 0;
  for (let i = 0; i < inputs; i++) {
    if (i === Math.floor(inputs / 10)) early = memory();
    const start = performance.now();
    if (i % 5 === 4) run.stream();
    else run.frame();
    slowestMs = Math.max(slowestMs, performance.now() - start);
  }
  const { frames, messages, streams, wrongs } = run;
  return { frames, messages, streams, wrongs, slowestMs, memory: [early, memory()] };
}

class FuzzRun {
  readonly frames = newDecodeCounters();
  readonly messages = newDecodeCounters();
  readonly streams = new Float64Array(pcapErrorNames.length);
  readonly wrongs: string[] = [];
  readonly #mutator: Mutator;
  readonly #out = new Decoded();
  readonly #dns = new DnsMessage();
  readonly #room = new Uint8Array(ROOM);
  readonly #view = new DataView(this.#room.buffer);

  constructor(seed: number) {
    this.#mutator = new Mutator(seed);
  }

  frame(): void {
    const packet = this.#mutator.frame();
    // At the very end of its buffer, so that reading beyond the frame throws.
    const offset = ROOM - packet.bytes.length;
    this.#room.set(packet.bytes, offset);
    try {
      this.#decode(this.#view, offset, packet.bytes.length, packet.original, packet.linkType);
    } catch (error) {
      this.#wrong(`threw ${error}`, packet);
    }
  }

  stream(): void {
    const bytes = this.#mutator.stream();
    const reader = new PcapReader();
    try {
      for (let at = 0; at < bytes.length; ) {
        const size = 1 + this.#mutator.random.below(bytes.length);
        reader.feed(bytes.subarray(at, at + size));
        while (reader.next())
          this.#decode(reader.view, reader.offset, reader.captured, reader.original, reader.linkType);
        at += size;
      }
    } catch (error) {
      this.#wrong(`stream threw ${error}`);
    }
    this.streams[reader.error]!++;
    if (reader.error >= pcapErrorNames.length) this.#wrong(`pcap error ${reader.error}`);
  }

  #decode(view: DataView, offset: number, captured: number, original: number, linkType: number): void {
    const out = this.#out;
    const error = decodeFrame(view, offset, captured, original, linkType, out);
    this.frames[error]!++;
    if (!(error >= 0 && error < decodeErrorNames.length)) this.#wrong(`error ${error}`);
    if (error !== DecodeError.none) return;
    const from = out.payloadOffset;
    const payloadEnd = out.payloadCaptured === 0 ? offset : from + out.payloadCaptured;
    if (payloadEnd < offset || payloadEnd > offset + captured) this.#wrong('payload outside');
    if (out.payloadBytes < 0 || out.payloadBytes > original) this.#wrong('payload length');
    if (out.payloadCaptured > out.payloadBytes) this.#wrong('payload longer than IP says');
    if (out.ipVersion !== 4 && out.ipVersion !== 6) this.#wrong('version');
    for (const value of Object.values(out)) if (!Number.isInteger(value)) this.#wrong(`value ${value}`);
    this.#parse(parseDns, view, from, from + out.payloadCaptured);
    this.#parse(parseDnsOverTcp, view, from, from + out.payloadCaptured);
  }

  #parse(parse: typeof parseDns, view: DataView, from: number, end: number): void {
    const dns = this.#dns;
    const error = parse(view, from, end, dns);
    this.messages[error]!++;
    if (!(error >= 0 && error < decodeErrorNames.length)) this.#wrong(`DNS error ${error}`);
    if (error !== DecodeError.none) return;
    for (let i = 0; i < dns.nameLength; i++) {
      const byte = dns.name[i]!;
      if (byte <= 0x20 || byte >= 0x7f) this.#wrong(`byte ${byte} in a name`);
    }
    if (dns.rcode > 4095) this.#wrong(`code ${dns.rcode}`);
  }

  #wrong(what: string, packet?: Packet): void {
    const where = packet
      ? `: link type ${packet.linkType}, ${Buffer.from(packet.bytes).toString('hex')}`
      : '';
    if (this.wrongs.length < 5) this.wrongs.push(what + where);
  }
}

function memory(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect(); // the first leaves buffers to be freed behind it
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
