import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { datagrams } from './datagrams.js';

/** 32,768 is a DNS answer's head to tshark, 66,516 a STUN message's when 1,000 bytes long. */
const numbers = [1, 32_768, 34_815, 66_516, 66_517];

/** One record of a pcap: Ethernet, IPv4, UDP to port 9, the number, zeros. */
function record(number: number): Buffer {
  const payload = Buffer.alloc(1_000);
  payload.writeUInt32BE(number, 0);
  const udp = Buffer.from([0x9c, 0x40, 0, 9, (8 + payload.length) >> 8, (8 + payload.length) & 255, 0, 0]);
  const length = 28 + payload.length;
  const ip = Buffer.from([
    0x45,
    0,
    length >> 8,
    length & 255,
    0,
    0,
    0,
    0,
    64,
    17,
    0,
    0,
    10,
    0,
    0,
    1,
    10,
    0,
    0,
    2,
  ]);
  const frame = Buffer.concat([Buffer.from('02000000000102000000000208' + '00', 'hex'), ip, udp, payload]);
  const head = Buffer.alloc(16);
  head.writeUInt32LE(1_700_000_000, 0);
  head.writeUInt32LE(frame.length, 8);
  head.writeUInt32LE(frame.length, 12);
  return Buffer.concat([head, frame]);
}

t.test('each datagram is read with its number, whatever tshark takes its payload for', async (t) => {
  const header = Buffer.from('d4c3b2a1020004000000000000000000000004000100' + '0000', 'hex');
  const path = join(t.testdir(), 'numbered.pcap');
  writeFileSync(path, Buffer.concat([header, ...numbers.map(record)]));
  t.strictSame(
    datagrams(path, 9).map(({ number }) => number),
    numbers,
  );
  const guessed = execFileSync('tshark', ['-n', '-r', path, '-Y', '!data'], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
  t.not(guessed, '', 'and it does take some for something');
});
