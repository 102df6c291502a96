import { dnsAsk, dnsServe } from './dns.js';
import { httpGet, httpServe } from './http.js';
import { close } from './listeners.js';
import { tcpConnect, tcpServe } from './tcp.js';
import { udpCounts, udpSend, udpServe } from './udp.js';

/** Everything an actor can do; options and results travel as JSON. */
export const acts = {
  ping: async (_: Record<string, never>) => ({ pid: process.pid }),
  close,
  dnsAsk,
  dnsServe,
  httpGet,
  httpServe,
  tcpConnect,
  tcpServe,
  udpCounts,
  udpSend,
  udpServe,
};

export type Acts = typeof acts;
