import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The samples stay beside the sources: this file runs from agent/build/test/samples. */
const FOLDER = fileURLToPath(new URL('../../../test/samples/', import.meta.url));

export const sampleNames: readonly string[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.pcap'))
  .map((file) => basename(file, '.pcap'))
  .sort();

export function samplePath(name: string): string {
  return join(FOLDER, `${name}.pcap`);
}

export function readSample(name: string): Uint8Array {
  return new Uint8Array(readFileSync(samplePath(name)));
}

/** One record, its bytes alone in a buffer of their own: who reads a byte too many gets a RangeError. */
export interface Packet {
  readonly linkType: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly original: number;
  readonly bytes: Uint8Array;
}

/** A second pcap reader, as plain as can be, for files that tcpdump wrote on this kind of machine. */
export function readPackets(pcap: Uint8Array): Packet[] {
  const view = new DataView(pcap.buffer, pcap.byteOffset, pcap.byteLength);
  const magic = view.getUint32(0, true);
  if (magic !== 0xa1b2c3d4 && magic !== 0xa1b23c4d) throw new Error('not a little-endian pcap');
  const unit = magic === 0xa1b2c3d4 ? 1000 : 1;
  const packets: Packet[] = [];
  for (let at = 24; at < pcap.length; ) {
    const captured = view.getUint32(at + 8, true);
    packets.push({
      linkType: view.getUint32(20, true),
      seconds: view.getUint32(at, true),
      nanoseconds: view.getUint32(at + 4, true) * unit,
      original: view.getUint32(at + 12, true),
      bytes: pcap.slice(at + 16, at + 16 + captured),
    });
    at += 16 + captured;
  }
  return packets;
}

export interface PcapFormat {
  readonly bigEndian: boolean;
  readonly nanoseconds: boolean;
  readonly snaplen?: number;
}

/** The packets as a pcap stream of any of the four kinds; all must have the first one's link type. */
export function writePackets(packets: readonly Packet[], format: PcapFormat): Uint8Array<ArrayBuffer> {
  const little = !format.bigEndian;
  const length = packets.reduce((sum, packet) => sum + 16 + packet.bytes.length, 24);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, format.nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, little);
  view.setUint16(4, 2, little);
  view.setUint16(6, 4, little);
  view.setUint32(16, format.snaplen ?? 262_144, little);
  view.setUint32(20, packets[0]?.linkType ?? 1, little);
  let at = 24;
  for (const packet of packets) {
    view.setUint32(at, packet.seconds, little);
    view.setUint32(at + 4, Math.floor(packet.nanoseconds / (format.nanoseconds ? 1 : 1000)), little);
    view.setUint32(at + 8, packet.bytes.length, little);
    view.setUint32(at + 12, packet.original, little);
    bytes.set(packet.bytes, at + 16);
    at += 16 + packet.bytes.length;
  }
  return bytes;
}
