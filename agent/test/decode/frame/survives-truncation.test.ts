import t from 'tap';
import { DecodeError } from '../../../src/decode/decode-error.js';
import { Decoded } from '../../../src/decode/decoded.js';
import { decodeFrame } from '../../../src/decode/frame.js';
import { readPackets, readSample, sampleNames } from '../../samples/samples.js';
import { flowFacts } from './describe.js';

const CUT = [DecodeError.linkTruncated, DecodeError.ipTruncated, DecodeError.transportTruncated] as number[];

for (const name of sampleNames) {
  t.test(`${name}: cut at every byte, a frame is either decoded the same or counted as cut`, async (t) => {
    for (const [index, packet] of readPackets(readSample(name)).entries()) {
      const whole = new Decoded();
      const decode = (length: number, out: Decoded): number => {
        // A buffer of just these bytes: reading one too many throws.
        const view = new DataView(packet.bytes.slice(0, length).buffer);
        return decodeFrame(view, 0, length, packet.original, packet.linkType, out);
      };
      const error = decode(packet.bytes.length, whole);
      const wanted = error === DecodeError.none ? JSON.stringify(flowFacts(whole)) : '';
      let odd = '';
      for (let length = 0; length < packet.bytes.length; length++) {
        const out = new Decoded();
        const cut = decode(length, out);
        if (cut === DecodeError.none && JSON.stringify(flowFacts(out)) !== wanted)
          odd = `other facts at ${length}`;
        if (cut !== DecodeError.none && cut !== error && !CUT.includes(cut))
          odd = `error ${cut} at ${length}`;
        if (out.payloadCaptured < 0 || out.payloadCaptured > length) odd = `payload at ${length}`;
      }
      t.equal(odd, '', `frame ${index + 1}`);
    }
  });
}
