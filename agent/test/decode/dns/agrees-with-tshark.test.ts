import t from 'tap';
import { Decoded } from '../../../src/decode/decoded.js';
import { parseDns, parseDnsOverTcp } from '../../../src/decode/dns.js';
import { DnsMessage } from '../../../src/decode/dns-message.js';
import { decodeFrame } from '../../../src/decode/frame.js';
import { readPackets, readSample, samplePath } from '../../samples/samples.js';
import { dissect } from '../frame/tshark.js';
import { nameOf } from './messages.js';

const FIELDS = ['dns.id', 'dns.flags.response', 'dns.flags.rcode', 'dns.qry.name', 'dns.qry.type'];

for (const sample of ['dns-udp', 'dns-tcp']) {
  t.test(`${sample}: identifier, direction, code, name and type are what tshark says`, async (t) => {
    const dissected = dissect([samplePath(sample)], [...FIELDS, 'dns.resp.ext_rcode']);
    let messages = 0;
    for (const [index, packet] of readPackets(readSample(sample)).entries()) {
      const theirs = dissected[index]!;
      const out = new Decoded();
      const dns = new DnsMessage();
      const view = new DataView(packet.bytes.buffer);
      decodeFrame(view, 0, packet.bytes.length, packet.original, packet.linkType, out);
      if (out.payloadCaptured === 0) {
        t.same(theirs.get('dns.id'), []);
        continue;
      }
      const parse = sample === 'dns-udp' ? parseDns : parseDnsOverTcp;
      const end = out.payloadOffset + out.payloadCaptured;
      t.equal(parse(view, out.payloadOffset, end, dns), 0);
      const extended = Number(theirs.get('dns.resp.ext_rcode')?.[0] ?? 0);
      const name = theirs.get('dns.qry.name')![0]!.toLowerCase();
      t.same(
        [dns.id, dns.isResponse, dns.rcode & 15, dns.rcode >>> 4, nameOf(dns), dns.qtype],
        [
          Number(theirs.get('dns.id')![0]),
          bit(theirs.get('dns.flags.response')![0]!),
          // tshark leaves the code out of a query, where it means nothing
          Number(theirs.get('dns.flags.rcode')?.[0] ?? 0),
          extended,
          name === '<root>' ? '.' : name,
          Number(theirs.get('dns.qry.type')![0]),
        ],
        `frame ${index + 1}`,
      );
      if (sample === 'dns-tcp') t.equal(dns.streamBytes, out.payloadBytes);
      messages++;
    }
    t.equal(messages, sample === 'dns-udp' ? 18 : 12);
  });
}

function bit(text: string): number {
  return text === '1' || text === 'True' ? 1 : 0;
}
