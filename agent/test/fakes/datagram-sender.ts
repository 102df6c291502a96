/*
 * Sends numbered UDP datagrams: node datagram-sender.js HOST PORT COUNT [PER_SECOND]. Run inside a namespace by tests;
 * prints how many the kernel took, all of them, when it has.
 */
import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';

const [host, port, count, perSecond] = process.argv.slice(2);
const socket = createSocket('udp4');
const total = Number(count);
const rate = Number(perSecond ?? 0);
const payload = Buffer.alloc(16);
const started = performance.now();
let sent = 0;

function send(number: number): Promise<void> {
  payload.writeUInt32BE(number);
  return new Promise((resolve, reject) => {
    socket.send(Buffer.from(payload), Number(port), host, (error) => (error ? reject(error) : resolve()));
  });
}

async function run(): Promise<void> {
  await new Promise<void>((resolve) => socket.bind(0, resolve));
  while (sent < total) {
    const burst = Math.min(100, total - sent);
    await Promise.all(Array.from({ length: burst }, (_, i) => send(sent + i)));
    sent += burst;
    const ahead = rate > 0 ? started + (sent * 1_000) / rate - performance.now() : 0;
    if (ahead > 1) await sleep(ahead);
  }
  socket.close();
  process.stdout.write(`${sent}\n`);
}

await run();
