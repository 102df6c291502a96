/*
 * Pieces of PromQL. `where` is what stands between a selector's braces, `by` the labels that stay.
 *
 * A series exists from its first event on: a workload that never failed has no series of failures, one that never
 * answered has none of answers. Therefore `share` takes a missing part for 0.
 */

type Labels = readonly string[];

/** Grafana's window for rates: at least four scrapes, and as wide as a step of the graph. */
const WINDOW = '$__rate_interval';

/** Joins matchers. */
export function where(...matchers: readonly string[]): string {
  return matchers.filter((matcher) => matcher !== '').join(',');
}

function selector(metric: string, matchers: string): string {
  return matchers === '' ? metric : `${metric}{${matchers}}`;
}

/** Sum over what `by` does not name. */
export function sum(expression: string, by: Labels = []): string {
  return by.length === 0 ? `sum(${expression})` : `sum by (${by.join(', ')}) (${expression})`;
}

/** Events per second of each series. */
export function perSecond(metric: string, matchers = ''): string {
  return `rate(${selector(metric, matchers)}[${WINDOW}])`;
}

/** Events per second. */
export function rate(metric: string, matchers = '', by: Labels = []): string {
  return sum(perSecond(metric, matchers), by);
}

/** A part of a whole, both with the same labels; 0 where the part has no series. */
export function share(part: string, whole: string): string {
  return `(${part} or 0 * ${whole}) / ${whole}`;
}

/** The sum of two, either of which may have no series. */
export function either(one: string, other: string): string {
  return `(${one} or 0 * ${other}) + (${other} or 0 * ${one})`;
}

/** @param q from 0 to 1  @param histogram its name without `_bucket` */
export function quantile(q: number, histogram: string, matchers = '', by: Labels = []): string {
  return `histogram_quantile(${q}, ${rate(`${histogram}_bucket`, matchers, ['le', ...by])})`;
}

/** The mean of what a histogram counts. */
export function mean(histogram: string, matchers = '', by: Labels = []): string {
  return `${rate(`${histogram}_sum`, matchers, by)} / ${rate(`${histogram}_count`, matchers, by)}`;
}

/** Of all attempts to connect, those that were answered. */
export function successShare(matchers = '', by: Labels = []): string {
  const attempts = 'snoopy_connections_total';
  return share(rate(attempts, where('outcome="established"', matchers), by), rate(attempts, matchers, by));
}

/** Of all TCP frames, segments that were sent again. */
export function retransmittedShare(matchers = '', by: Labels = []): string {
  const frames = rate('snoopy_flow_packets_total', where('protocol="TCP"', matchers), by);
  return share(rate('snoopy_tcp_retransmissions_total', matchers, by), frames);
}

/** Codes of DNS that mean failure. NXDOMAIN does not: search domains make most of those. */
export const dnsFailures = 'rcode=~"FORMERR|SERVFAIL|NOTIMP|REFUSED|NOANSWER|other"';

/** Of all DNS questions, those that failed. */
export function dnsFailureShare(matchers = '', by: Labels = []): string {
  const all = rate('snoopy_dns_responses_total', matchers, by);
  return share(rate('snoopy_dns_responses_total', where(dnsFailures, matchers), by), all);
}

/** Gives a label's value another name, so that both ends of connections can be added up. */
export function renamed(expression: string, from: string, to: string): string {
  return `label_replace(${expression}, "${to}", "$1", "${from}", "(.*)")`;
}

/** The largest few. */
export function top(count: number, expression: string): string {
  return `topk(${count}, ${expression})`;
}
