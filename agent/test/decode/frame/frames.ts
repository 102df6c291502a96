import { Decoded } from '../../../src/decode/decoded.js';
import { decodeFrame } from '../../../src/decode/frame.js';
import { type Packet, readPackets, readSample } from '../../samples/samples.js';

/** The first frame of a sample that decodes and satisfies `wanted`. */
export function find(sample: string, wanted: (out: Decoded) => boolean): Packet {
  for (const packet of readPackets(readSample(sample))) {
    const { error, out } = decode(packet);
    if (error === 0 && wanted(out)) return packet;
  }
  throw new Error(`no such frame in ${sample}`);
}

export function decode(packet: Packet): { error: number; out: Decoded } {
  const out = new Decoded();
  const view = new DataView(packet.bytes.buffer, packet.bytes.byteOffset, packet.bytes.length);
  const error = decodeFrame(view, 0, packet.bytes.length, packet.original, packet.linkType, out);
  return { error, out };
}

/** A copy with other bytes at `at`. */
export function patched(packet: Packet, at: number, ...bytes: number[]): Packet {
  const copy = packet.bytes.slice();
  copy.set(bytes, at);
  return { ...packet, bytes: copy };
}

/** A copy with bytes put in at `at`; the length on the wire grows with them. */
export function inserted(packet: Packet, at: number, ...bytes: number[]): Packet {
  const { bytes: old } = packet;
  const copy = Uint8Array.from([...old.subarray(0, at), ...bytes, ...old.subarray(at)]);
  return { ...packet, bytes: copy, original: packet.original + bytes.length };
}
