import t from 'tap';
import { Decoded } from '../../../src/decode/decoded.js';
import { decodeFrame } from '../../../src/decode/frame.js';
import { type Packet, readPackets, readSample, sampleNames } from '../../samples/samples.js';
import { flowFacts } from './describe.js';

const frames = sampleNames.flatMap((name) => readPackets(readSample(name)).filter((_, i) => i % 4 === 0));

/** What Decoded promises for every frame that was decoded. */
function decodeInto(out: Decoded, packet: Packet): string {
  const view = new DataView(packet.bytes.buffer);
  const error = decodeFrame(view, 0, packet.bytes.length, packet.original, packet.linkType, out);
  const { linkDirection, srcMacHigh, srcMacLow } = out;
  const link = [error, linkDirection, srcMacHigh, srcMacLow];
  if (error !== 0) return JSON.stringify(link);
  const cleared = [out.tcpFlags, out.tcpHasTimestamps, out.innerIpVersion, out.hasTransport];
  return JSON.stringify([link, cleared, out.payloadOffset, out.payloadCaptured, flowFacts(out)]);
}

t.test('nothing of an earlier frame shows in a later one, for every pair of frames', async (t) => {
  t.ok(frames.length > 60);
  for (const later of frames) {
    const fresh = decodeInto(new Decoded(), later);
    const leaks = frames.filter((earlier) => {
      const out = new Decoded();
      decodeInto(out, earlier);
      return decodeInto(out, later) !== fresh;
    });
    t.equal(leaks.length, 0, fresh);
  }
});
