import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { PcapReader } from '../../../src/capture/pcap-reader.js';
import { Decoded } from '../../../src/decode/decoded.js';
import { parseDns } from '../../../src/decode/dns.js';
import { DnsMessage } from '../../../src/decode/dns-message.js';
import { decodeFrame } from '../../../src/decode/frame.js';
import { readSample } from '../../samples/samples.js';

const WARM_UP = 300_000;
/** So few that what one boxed number each would take (640 KB) fits the young generation: no collection hides it. */
const PACKETS = 40_000;
const ROUNDS = 20;
/** Bytes a packet; one boxed number would be 16. */
const ALLOWED = 4;
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
    decodeUntil(reader, chunk, WARM_UP);
    collect();
    let least = Number.POSITIVE_INFINITY;
    // Code that is not compiled yet does allocate, and a busy machine compiles late: one good round shows it.
    for (let round = 1; round <= ROUNDS && least >= ALLOWED; round++) {
      const before = process.memoryUsage().heapUsed;
      decodeUntil(reader, chunk, WARM_UP + PACKETS * round);
      least = Math.min(least, Math.abs(process.memoryUsage().heapUsed - before) / PACKETS);
    }
    t.ok(least < ALLOWED, `${least.toFixed(2)} bytes a packet`);
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
