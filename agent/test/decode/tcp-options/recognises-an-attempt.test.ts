import t from 'tap';
import { TcpFlag } from '../../../src/decode/decoded.js';
import { decode, find, patched } from '../frame/frames.js';

/** The order that Linux sends: MSS, SACK permitted, timestamps, NOP, window scale. */
const syn = find('tcp', (out) => out.ipVersion === 4 && out.tcpFlags === TcpFlag.syn);
const OPTIONS = 14 + 20 + 20;
const hash = decode(syn).out.tcpOptionsHash;

t.test('a retry with another timestamp, behind a clamped MSS, hashes the same', async (t) => {
  const retry = patched(patched(syn, OPTIONS + 8, 1, 2, 3, 4), OPTIONS + 2, 0x05, 0x00);
  const { out } = decode(retry);
  t.equal(out.tcpMss, 1280);
  t.equal(out.tcpTsValue, 0x01020304);
  t.equal(out.tcpOptionsHash, hash);
});

t.test('another window scale, order or kind hashes differently', async (t) => {
  t.not(decode(patched(syn, OPTIONS + 19, 3)).out.tcpOptionsHash, hash);
  t.not(decode(patched(syn, OPTIONS + 4, 1, 1)).out.tcpOptionsHash, hash);
  t.equal(decode(patched(syn, OPTIONS + 4, 1, 1)).out.tcpSackPermitted, 0);
});

t.test('options that are cut or absurd end the reading, not the packet', async (t) => {
  const cases: [string, number[]][] = [
    ['length 0', [2, 0]],
    ['length 1', [2, 1]],
    ['longer than the header', [2, 255]],
    ['end of options', [0, 4, 5, 180]],
  ];
  for (const [title, bytes] of cases) {
    const { error, out } = decode(patched(syn, OPTIONS, ...bytes));
    t.equal(error, 0, title);
    t.same(
      [out.tcpMss, out.tcpWindowScale, out.tcpSackPermitted, out.tcpHasTimestamps],
      [0, -1, 0, 0],
      title,
    );
    t.equal(out.srcPort, decode(syn).out.srcPort);
  }
});

t.test('timestamps are found wherever they stand in other segments', async (t) => {
  const ack = find('tcp', (out) => out.ipVersion === 4 && out.tcpFlags === TcpFlag.ack);
  const { tcpTsValue } = decode(ack).out;
  const moved = patched(ack, OPTIONS, ...ack.bytes.slice(OPTIONS + 2, OPTIONS + 12), 1, 1);
  t.equal(decode(moved).out.tcpHasTimestamps, 1);
  t.equal(decode(moved).out.tcpTsValue, tcpTsValue);
  t.equal(decode(patched(ack, OPTIONS + 2, 254)).out.tcpHasTimestamps, 0);
});
