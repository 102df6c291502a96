import t from 'tap';
import { QUIET_US, WINDOW_US } from '../../../src/flow/timeouts.js';
import { FlowRig, tcp, udp } from '../flow-rig.js';
import { Random } from '../random.js';
import type { Row } from '../rows.js';

/** A packet of the wire: when it passes the client, and how long it takes to the server. Microseconds. */
interface Passing {
  readonly us: number;
  readonly port: number;
  readonly fromClient: boolean;
  /** '' for UDP. */
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
}

const TRIP_US = 2_000;
const DRAIN_US = 100_000;
const SECONDS = 22;
/** From the end of a window until every agent has cut it. */
const CUT_US = QUIET_US + 200_000;

/** Connections of one burst of at most 0.2 s, or of several with pauses of more than a second. */
function traffic(random: () => number): Passing[] {
  const all: Passing[] = [];
  for (let port = 1; port <= 400; port++) {
    let us = random() * 5e6;
    const bursts = random() < 0.5 ? 1 : 3;
    const isTcp = random() < 0.6;
    const sequence = [1_000, 5_000];
    for (let burst = 0; burst < bursts; burst++) {
      // One that begins while a window is being cut, a tenth of a second sooner at one end, may fall on either side.
      const intoWindow = (us + QUIET_US + 2 * TRIP_US) % WINDOW_US;
      if (intoWindow < CUT_US) us += CUT_US - intoWindow;
      const packets = 2 + Math.floor(random() * 12);
      for (let n = 0; n < packets; n++, us += 2 * TRIP_US + random() * 11_000) {
        const begins = burst === 0 && n < 3;
        const flags = !isTcp ? '' : begins ? ['S', 'SA', 'A'][n]! : 'PA';
        const side = n % 2;
        all.push({ us, port, fromClient: side === 0, flags, seq: sequence[side]!, ack: sequence[1 - side]! });
        sequence[side]! += flags === 'A' ? 0 : flags === 'PA' ? 10 : 1;
      }
      us += 1.2e6 + random() * 3e6;
    }
  }
  return all;
}

/** What an end reports that hears of each packet a little later, and drains at its own tenths of a second. */
function reported(all: readonly Passing[], isClient: boolean, random: () => number): Row[] {
  const rig = new FlowRig();
  const startUs = rig.nowUs;
  const seen = all
    .map((one) => ({ ...one, us: one.us + (one.fromClient === isClient ? 0 : TRIP_US) }))
    .sort((a, b) => a.us - b.us);
  const rows: Row[] = [];
  let next = 0;
  let handedOnUs = 0;
  for (let nowUs = random() * DRAIN_US; nowUs < SECONDS * 1e6; nowUs += DRAIN_US) {
    // A capture hands on what is up to a tenth of a second old.
    handedOnUs = Math.max(handedOnUs, nowUs - random() * 100_000);
    for (; next < seen.length && seen[next]!.us <= handedOnUs; next++) {
      const { us, port, fromClient, flags, seq, ack } = seen[next]!;
      const side = isClient ? { localPort: port, peerPort: 80 } : { localPort: 80, peerPort: port };
      rig.nowUs = Math.round(startUs + us);
      rig.feed(
        flags === ''
          ? udp(fromClient === isClient, side)
          : tcp(fromClient === isClient, { ...side, flags, seq, ack, payload: flags === 'PA' ? 10 : 0 }),
      );
    }
    rig.nowUs = Math.round(startUs + nowUs);
    rig.table.advance(rig.nowUs);
    rows.push(...rig.drainNow());
  }
  return rows;
}

t.test(
  'both ends of a connection cut it into the same rows, though they are read at different moments',
  async (t) => {
    for (const seed of [1, 2, 3]) {
      const chance = new Random(seed);
      const random = () => chance.next(1 << 30) / 2 ** 30;
      const all = traffic(random);
      const texts = (rows: readonly Row[], isClient: boolean): string[] =>
        rows
          .map(({ protocol, localPort, peerPort, sent, received, opened }) => {
            const [port, request, reply] = isClient
              ? [localPort, sent.packets, received.packets]
              : [peerPort, received.packets, sent.packets];
            return `${protocol} ${port}: ${request}/${reply} ${opened}`;
          })
          .sort();
      const client = texts(reported(all, true, random), true);
      const server = texts(reported(all, false, random), false);
      t.ok(client.length > 500, `${client.length} rows`);
      t.strictSame(server, client);
    }
  },
);

t.test('what never pauses is told within half a second all the same', async (t) => {
  const rig = new FlowRig();
  let waitedMs = 0;
  for (; waitedMs < 2_000 && rig.drainNow().length === 0; waitedMs += 100) {
    for (let n = 0; n < 10; n++) {
      rig.feed(udp(n % 2 === 0));
      rig.nowUs += 10_000;
    }
    rig.table.advance(rig.nowUs);
  }
  t.ok(waitedMs >= 400 && waitedMs <= 600, `${waitedMs} ms`);
});
