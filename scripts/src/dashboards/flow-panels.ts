import * as units from '@grafana/grafana-foundation-sdk/units';
import { lines, type PanelSource } from './panel.js';
import {
  dnsFailureShare,
  mean,
  quantile,
  rate,
  retransmittedShare,
  successShare,
  top,
  where,
} from './queries.js';

/** Which connections, and by what their lines are told apart. */
export interface Scope {
  /** Matchers of labels; empty: all connections. */
  readonly matchers: string;
  readonly by: readonly string[];
  /** Of a line, from the labels in `by`. */
  readonly legend: string;
  /** A word for what a line is: `client`, `server`, `namespace`. */
  readonly one: string;
}

/** Lines of a graph by peer: more cannot be told apart. */
const MOST_LINES = 10;

export function outcomes({ matchers }: Scope): PanelSource {
  return lines({
    title: 'Connection attempts by outcome',
    description:
      'Attempts to connect, each counted once whoever saw it. refused: answered by a reset; unreachable: answered by ICMP; timeout: not answered until the client gave up.',
    unit: units.OpsPerSecond,
    queries: { '{{outcome}}': rate('snoopy_connections_total', matchers, ['outcome']) },
    stacked: true,
  });
}

export function success({ matchers, by, legend, one }: Scope): PanelSource {
  return lines({
    title: `Success rate by ${one}`,
    description: `Of all attempts to connect, those that were established. The ${MOST_LINES} lowest, by ${one}.`,
    unit: units.PercentUnit,
    queries: { [legend]: `bottomk(${MOST_LINES}, ${successShare(matchers, by)})` },
    most: 1,
  });
}

export function endings({ matchers }: Scope): PanelSource {
  return lines({
    title: 'Connections ended, by how',
    description:
      'aborted is a failure: a reset with data unacknowledged or a request unanswered. reset is not: nothing was owed, as after a health check. idle: silent until it was forgotten.',
    unit: units.OpsPerSecond,
    queries: { '{{how}}': rate('snoopy_connections_closed_total', matchers, ['how']) },
    stacked: true,
  });
}

export function handshake({ matchers }: Scope): PanelSource {
  return lines({
    title: 'TCP handshake',
    description:
      'From the first SYN to the ACK that completes the handshake: the way there and back, the server’s queue, and 1 s and more for a SYN that was lost.',
    unit: units.Seconds,
    queries: quantiles('snoopy_tcp_handshake_seconds', matchers),
  });
}

export function roundTrip({ matchers }: Scope): PanelSource {
  return lines({
    title: 'TCP round trip',
    description:
      'Smoothed round-trip time of connections that are in use, one sample for each record, so that a long connection counts more than a short one.',
    unit: units.Seconds,
    queries: quantiles('snoopy_tcp_rtt_seconds', matchers),
  });
}

export function retransmissions({ matchers, by, legend, one }: Scope): PanelSource {
  return lines({
    title: `Retransmissions by ${one}`,
    description: `TCP segments sent again, as a share of all TCP frames. Some 0.1 % is usual across the world; within a cluster more than that means loss or a receiver that is too slow. The ${MOST_LINES} largest, by ${one}.`,
    unit: units.PercentUnit,
    queries: { [legend]: top(MOST_LINES, retransmittedShare(matchers, by)) },
  });
}

export function pathLoss({ matchers, by, legend, one }: Scope): PanelSource {
  return lines({
    title: `Lost between the ends, by ${one}`,
    description: `Packets with payload that one end sent and the other did not receive. Told only for connections of which both ends were watched from begin to end, when they are over; the rest is not known. The ${MOST_LINES} largest, by ${one}.`,
    unit: units.PacketsPerSecond,
    queries: { [legend]: top(MOST_LINES, rate('snoopy_path_lost_packets_total', matchers, by)) },
  });
}

/** @param direction `request`: from who connected; `reply`: to it */
export function bytes(
  direction: 'request' | 'reply',
  title: string,
  { matchers, by, legend, one }: Scope,
): PanelSource {
  const way = direction === 'request' ? 'from who connected' : 'back to who connected';
  return lines({
    title: `${title}, by ${one}`,
    description: `Bytes of frames ${way}. The ${MOST_LINES} largest, by ${one}.`,
    unit: units.BytesPerSecondSI,
    queries: {
      [legend]: top(
        MOST_LINES,
        rate('snoopy_flow_bytes_total', where(`direction="${direction}"`, matchers), by),
      ),
    },
    stacked: true,
  });
}

export function dnsAnswers({ matchers }: Scope): PanelSource {
  return lines({
    title: 'DNS questions by answer',
    description:
      'NOANSWER: none came. NXDOMAIN is usual where search domains are tried one after the other (ndots).',
    unit: units.OpsPerSecond,
    queries: { '{{rcode}}': rate('snoopy_dns_responses_total', matchers, ['rcode']) },
    stacked: true,
  });
}

export function dnsErrors({ matchers, by, legend, one }: Scope): PanelSource {
  return lines({
    title: `DNS errors by ${one}`,
    description: `Of all DNS questions, those without an answer or with one that says failure. NXDOMAIN is an answer. The ${MOST_LINES} largest, by ${one}.`,
    unit: units.PercentUnit,
    queries: { [legend]: top(MOST_LINES, dnsFailureShare(matchers, by)) },
  });
}

export function dnsLatency({ matchers }: Scope): PanelSource {
  return lines({
    title: 'DNS latency',
    description: 'From a DNS question to its answer, of those that got one.',
    unit: units.Seconds,
    queries: quantiles('snoopy_dns_seconds', matchers),
  });
}

function quantiles(histogram: string, matchers: string): Record<string, string> {
  return {
    p50: quantile(0.5, histogram, matchers),
    p90: quantile(0.9, histogram, matchers),
    p99: quantile(0.99, histogram, matchers),
    mean: mean(histogram, matchers),
  };
}
