import { type Dns, type Endpoint, type Flow, type Loss, printable } from '@snoopy/proto';
import { GrowingColumns } from './columns.js';
import { failureText, icmpOf } from './failure-text.js';
import { timeOfDay } from './moment.js';
import type { Paint } from './paint.js';
import { bytesText, countText, exactText, spanText } from './quantity.js';

const titles = ['TIME', 'SOURCE', '', 'DESTINATION', 'PROTO', 'STATE', 'SENT', 'RECEIVED', 'DETAIL'];
const firstWidths = [12, 24, 1, 24, 5, 11, 8, 8, 0];
const mostWidths = [12, 56, 1, 56, 6, 22, 18, 18, 0];
/** DNS transactions shown of one flow. */
const MOST_DNS = 3;

const outcomeWords: Record<string, string> = {
  OUTCOME_ESTABLISHED: 'established',
  OUTCOME_REFUSED: 'refused',
  OUTCOME_UNREACHABLE: 'unreachable',
  OUTCOME_TIMEOUT: 'timeout',
};
const closedWords: Record<string, string> = {
  CLOSED_FIN: 'closed',
  CLOSED_RESET: 'reset',
  CLOSED_ABORTED: 'aborted',
  CLOSED_IDLE: 'idle',
};

/** Lines of `snoopy observe`, aligned as they come. */
export class FlowText {
  readonly #columns = new GrowingColumns(firstWidths, mostWidths);

  constructor(readonly paint: Paint) {}

  header(): string {
    return this.paint.bold(this.#columns.pad(titles).join(' ').trimEnd());
  }

  line(flow: Flow): string {
    const state = stateWords(flow);
    const marks = flowMarks(flow).join(', ');
    const cells = this.#columns.pad([
      flow.time ? timeOfDay(flow.time) : '',
      endpointText(flow.source, flow.protocol) + callerText(flow),
      '→',
      endpointText(flow.destination, flow.protocol) + dialledText(flow),
      printable(flow.protocol, 12),
      state,
      countersText(flow.request),
      countersText(flow.reply),
      flowDetails(flow).join(', '),
    ]);
    cells[0] = this.paint.dim(cells[0]!);
    cells[5] = this.#paintState(cells[5]!, flow);
    if (marks !== '') cells.push(this.paint.odd(`[${marks}]`));
    return cells.join(' ').trimEnd();
  }

  #paintState(text: string, flow: Flow): string {
    const failed = flow.outcomeFinal && flow.outcome !== 'OUTCOME_ESTABLISHED';
    if (failed || flow.closed === 'CLOSED_ABORTED') return this.paint.bad(text);
    if (flow.closed === 'CLOSED_RESET') return this.paint.odd(text);
    return flow.outcomeFinal ? this.paint.good(text) : text;
  }
}

/** `namespace/pod:port`, with the workload where the pod's name does not say it; else a DNS name, else the address. */
export function endpointText(endpoint: Endpoint | null | undefined, protocol = 'TCP'): string {
  if (!endpoint) return '?';
  const port = protocol.startsWith('ICMP') || endpoint.port === 0 ? '' : `:${endpoint.port}`;
  if (endpoint.pod !== '') {
    const { workload } = endpoint;
    const extra = workload === '' || endpoint.pod.startsWith(workload) ? '' : ` (${workload})`;
    return printable(`${endpoint.namespace}/${endpoint.pod}${port}${extra}`, 400);
  }
  const { namespace, workload } = endpoint;
  if (workload !== '' && endpoint.name === '')
    return printable(`${namespace === '' ? '' : `${namespace}/`}${workload}${port}`, 400);
  if (endpoint.name !== '') return printable(`${endpoint.name}${port} (${endpoint.ip})`, 400);
  const ip = endpoint.ip.includes(':') && port !== '' ? `[${endpoint.ip}]` : endpoint.ip;
  return printable(`${ip}${port}`, 100);
}

/** What the client dialled where that is not the destination: ` (via service/web:80)`, ` (via 10.96.0.10:80)`. */
function dialledText({ views, destination }: Flow): string {
  const view = views.find(({ destinationIp }) => destinationIp !== '');
  if (!view) return '';
  const service = destination?.service ?? '';
  if (service !== '') return printable(` (via service/${service}:${view.destinationPort})`, 300);
  return ` (via ${addressText(view.destinationIp, view.destinationPort)})`;
}

/** Whom the server took for the client: ` (as 10.0.0.1:31000)`. */
function callerText({ views }: Flow): string {
  const view = views.find(({ sourceIp }) => sourceIp !== '');
  return view ? ` (as ${addressText(view.sourceIp, view.sourcePort)})` : '';
}

function addressText(ip: string, port: number): string {
  return printable(ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`, 100);
}

/** What became of the connection in this window. */
export function stateWords(flow: Flow): string {
  const words: string[] = [];
  if (flow.outcomeFinal) words.push(outcomeWords[flow.outcome] ?? '');
  else if (flow.opened) words.push('opened');
  if (flow.closed !== 'CLOSED_UNSPECIFIED') words.push(closedWords[flow.closed] ?? '');
  return words.length > 0 ? words.join(' ') : 'active';
}

/** A loss as a sentence. */
export function lossText(loss: Loss): string {
  const unit =
    loss.unit === 'LOSS_UNIT_PACKETS' ? 'packets' : loss.unit === 'LOSS_UNIT_BYTES' ? 'bytes' : 'records';
  const count = `${exactText(loss.count)} ${unit}`;
  if (loss.stage === 'subscriber')
    return `lost ${count}: this reader was too slow (${printable(loss.reason)})`;
  const where = [loss.node, loss.stage, loss.reason].filter((part) => part !== '').join(', ');
  return `lost ${count} (${printable(where)})`;
}

function countersText(counters: Flow['request']): string {
  if (!counters || counters.packets === 0) return '-';
  return `${countText(counters.packets)}p ${bytesText(counters.bytes).replace(' ', '')}`;
}

function flowDetails(flow: Flow): string[] {
  const retransmitted = both(flow, (counters) => counters.retransmittedSegments);
  const zeroWindows = both(flow, (counters) => counters.zeroWindows);
  const lost = both(flow, (counters) => counters.lostSegments);
  return [
    ...flow.dns.slice(0, MOST_DNS).map(dnsText),
    flow.dns.length > MOST_DNS ? `${flow.dns.length - MOST_DNS} more` : '',
    flow.tlsServerName === '' ? '' : printable(`TLS ${flow.tlsServerName}`, 260),
    flow.handshakeSeconds > 0 ? `handshake ${spanText(flow.handshakeSeconds)}` : '',
    flow.rttSeconds > 0 ? `rtt ${spanText(flow.rttSeconds)}` : '',
    retransmitted > 0 ? `retransmitted ${retransmitted}` : '',
    zeroWindows > 0 ? `zero window ${zeroWindows}` : '',
    lost > 0 ? `lost on the way ${lost}` : '',
    failureText(flow) || icmpOf(flow),
  ].filter((part) => part !== '');
}

function dnsText(dns: Dns): string {
  const latency = dns.latencySeconds > 0 ? ` ${spanText(dns.latencySeconds)}` : '';
  return printable(`${dns.type} ${dns.name} ${dns.rcode}${latency}`, 320);
}

/** What a reader must know before trusting the numbers. */
function flowMarks(flow: Flow): string[] {
  const bothPods = flow.source?.pod !== '' && flow.destination?.pod !== '';
  const vantages = new Set(flow.views.map(({ vantage }) => vantage));
  return [
    flow.partial ? 'partial' : '',
    bothPods && vantages.size === 1 ? 'one end only' : '',
    flow.initiator === 'INITIATOR_UNSPECIFIED' && flow.protocol === 'TCP' ? 'older than the watch' : '',
  ].filter((mark) => mark !== '');
}

function both(flow: Flow, value: (counters: NonNullable<Flow['request']>) => number): number {
  return (flow.request ? value(flow.request) : 0) + (flow.reply ? value(flow.reply) : 0);
}
