/*
 * Makes UDP flows, each of one datagram: node many-flows.js HOST FLOWS_PER_SECOND SECONDS. Run inside a namespace;
 * prints how many it made. Every datagram has a pair of ports that no other one has.
 */
import { createSocket } from 'node:dgram';

const [host, rate, seconds] = process.argv.slice(2);
const FIRST_PORT = 1_024;
const PORTS = 60_000;
const BURST_MS = 10;

const total = Number(rate) * Number(seconds);
const sockets = Array.from({ length: Math.ceil(total / PORTS) }, () => createSocket('udp4'));
await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.bind(0, resolve))));
const payload = Buffer.alloc(20);
const start = performance.now();
for (let sent = 0; sent < total; ) {
  const due = Math.min(total, ((performance.now() - start) / 1_000) * Number(rate));
  const sends: Promise<void>[] = [];
  for (; sent < due && sends.length < 500; sent++) {
    const socket = sockets[Math.floor(sent / PORTS)]!;
    const port = FIRST_PORT + (sent % PORTS);
    sends.push(
      new Promise((resolve, reject) =>
        socket.send(payload, port, host, (error) => (error ? reject(error) : resolve())),
      ),
    );
  }
  await Promise.all(sends);
  await new Promise((resolve) => setTimeout(resolve, BURST_MS));
}
for (const socket of sockets) socket.close();
process.stdout.write(`${total}\n`);
