/*
 * node blocked-link.js HOST:PORT: an agent's link whose event loop stands still while there is something to send, and
 * that says `blocked` meanwhile. Ends with 0 when it knows that the session is over.
 */
import { writeSync } from 'node:fs';
import { Link, type LinkStreams } from '../../src/uplink/link.js';

const blockMs = 500;
const quiet = () => {};

function sendAndBlock({ control, flows }: LinkStreams): void {
  for (let i = 0; i < 10; i++) {
    flows.write(Buffer.alloc(5_000));
    control.write({ clock: {} });
  }
  writeSync(1, 'blocked');
  for (const end = performance.now() + blockMs; performance.now() < end; );
}

const log = { info: quiet, warn: quiet, error: quiet, debug: quiet };
const link = new Link(
  {
    address: process.argv[2]!,
    files: { tlsDir: '', tokenFile: '' },
    serverName: '',
    agent: 'node-a',
    epoch: 1,
    log: log as never,
  },
  {
    hello: () => ({ agent: 'node-a' }) as never,
    up: (streams) => void setTimeout(() => sendAndBlock(streams), 50),
    down: () => void setTimeout(() => process.exit(0), 50),
    control: quiet,
    flowAck: quiet,
    packetAck: quiet,
  },
);
link.start();
