/*
 * Makes flows: node flow-maker.js HOST FIRST_PORT LAST_PORT PER_SECOND sends one UDP datagram to each port. Run inside a
 * namespace by tests.
 */
import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';

const [host, first, last, perSecond] = process.argv.slice(2);
const socket = createSocket('udp4');
const started = performance.now();

function send(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send('x', port, host, (error) => (error ? reject(error) : resolve()));
  });
}

async function run(): Promise<void> {
  let made = 0;
  for (let port = Number(first); port <= Number(last); port++) {
    await send(port);
    made++;
    const ahead = started + (made * 1_000) / Number(perSecond) - performance.now();
    if (ahead > 2) await sleep(ahead);
  }
  socket.close();
}

await run();
