import { setTimeout as sleep } from 'node:timers/promises';
import { DNS_DOMAIN, type Shop } from './shop.js';

/** What happens in the shop, again and again; `pauseMs` lies between the end of one round and the next. */
interface Habit {
  readonly pauseMs: number;
  readonly act: (shop: Shop) => Promise<unknown>;
}

const HABITS: readonly Habit[] = [
  { pauseMs: 700, act: browse },
  { pauseMs: 700, act: browseFromMobile },
  { pauseMs: 2_000, act: mistypeAName },
  { pauseMs: 1_500, act: tryTheCacheThatIsNotThere },
  { pauseMs: 500, act: payAndWait },
  { pauseMs: 4_000, act: payAtTheWrongDoor },
  { pauseMs: 1_000, act: sendStatistics },
];

/** Runs every habit until the signal; resolves when all have ended. A failed act ends nothing: pods fail. */
export async function shop(place: Shop, signal: AbortSignal): Promise<void> {
  const closing = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.all(HABITS.map((habit) => repeat(habit, place, signal, closing)));
}

async function repeat(habit: Habit, place: Shop, signal: AbortSignal, closing: Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await Promise.race([habit.act(place).catch(() => {}), closing]);
    await Promise.race([sleep(habit.pauseMs), closing]);
  }
}

/** customer → dns, web; web → api → db. */
async function browse({ pods, addresses }: Shop): Promise<void> {
  const server = addresses.dns.v4;
  await pods.customer.do('dnsAsk', { server, name: `web.${DNS_DOMAIN}`, type: 'AAAA' });
  await pods.customer.do('httpGet', {
    url: `http://web.${DNS_DOMAIN}/`,
    times: 3,
    keepAlive: true,
    dns: server,
  });
  await pods.customer.do('httpGet', { url: `http://[${addresses.web.v6}]/`, times: 1 });
}

/** Through the router that loses packets: retransmissions. */
async function browseFromMobile({ pods, addresses }: Shop): Promise<void> {
  await pods.mobile.do('httpGet', {
    url: `http://${addresses.web.v4}/`,
    times: 4,
    keepAlive: true,
    timeoutMs: 4_000,
  });
}

/** NXDOMAIN. */
async function mistypeAName({ pods, addresses }: Shop): Promise<void> {
  await pods.customer.do('dnsAsk', { server: addresses.dns.v4, name: `chekout.${DNS_DOMAIN}` });
}

/** Refused: nothing listens there. */
async function tryTheCacheThatIsNotThere({ pods, addresses }: Shop): Promise<void> {
  await pods.worker.do('dnsAsk', { server: addresses.dns.v4, name: `db.${DNS_DOMAIN}` });
  await pods.worker.do('tcpConnect', { host: addresses.db.v4, port: 6379 });
}

/** Timeout: nobody answers. The kernel gives up after one more SYN. */
async function payAndWait({ pods, addresses }: Shop): Promise<void> {
  await pods.worker.do('dnsAsk', { server: addresses.dns.v4, name: 'payments.example.com' });
  await pods.worker.do('tcpConnect', { host: addresses.payments.v4, port: 443 });
}

/** Unreachable: an ICMP message says so. */
async function payAtTheWrongDoor({ pods, addresses }: Shop): Promise<void> {
  await pods.worker.do('tcpConnect', { host: addresses.payments.v4, port: 8443 });
}

/** Datagrams without an answer. */
async function sendStatistics({ pods, addresses }: Shop): Promise<void> {
  await pods['api-1'].do('udpSend', {
    host: addresses.worker.v4,
    port: 8125,
    count: 5,
    bytes: 80,
    localPort: 40_125,
  });
}
