import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { PcapReader } from '../../../src/capture/pcap-reader.js';
import { Decoded } from '../../../src/decode/decoded.js';
import { parseDns } from '../../../src/decode/dns.js';
import { DnsMessage } from '../../../src/decode/dns-message.js';
import { decodeFrame } from '../../../src/decode/frame.js';
import { readSample } from '../../samples/samples.js';

/** So few that what one boxed number each would take fits the young generation: no collection hides it. */
const PACKETS = 300_000;
const out = new Decoded();
const dns = new DnsMessage();

for (const name of ['tcp', 'dns-udp', 'icmp', 'ipv6-extensions', 'cooked2']) {
  t.test(`${name}: decoding takes no memory per packet`, async (t) => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const sample = readSample(name);
    const reader = new PcapReader();
    reader.feed(sample.subarray(0, 24));
    reader.next();
    const records = sample.subarray(24);
    const chunk = Buffer.concat(Array.from({ length: Math.floor(65_536 / records.length) }, () => records));
    decodeUntil(reader, chunk, PACKETS); // compiled by now
    collect();
    decodeUntil(reader, chunk, PACKETS * 2); // again what the collection threw away
    const before = process.memoryUsage().heapUsed;
    decodeUntil(reader, chunk, PACKETS * 3);
    const perPacket = (process.memoryUsage().heapUsed - before) / PACKETS;
    // One boxed number a packet would be 16 bytes.
    t.ok(perPacket < 4, `${perPacket.toFixed(2)} bytes a packet`);
  });
}

/** Reads, decodes and parses the chunk again and again. */
function decodeUntil(reader: PcapReader, chunk: Uint8Array, packets: number): void {
  while (reader.packets < packets) {
    reader.feed(chunk);
    while (reader.next()) {
      out.timeUs = reader.timeUs;
      const { view, offset, captured, original, linkType } = reader;
      if (decodeFrame(view, offset, captured, original, linkType, out) !== 0) continue;
      if (out.srcPort === 53 || out.dstPort === 53)
        parseDns(view, out.payloadOffset, out.payloadOffset + out.payloadCaptured, dns);
    }
  }
}
