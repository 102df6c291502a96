import {
  type AgentReport,
  type AgentStatus,
  type GetStatusResponse,
  type Loss,
  type Pod,
  printable,
} from '@snoopy/proto';
import { table } from './columns.js';
import { milliseconds, timeOfDay } from './moment.js';
import type { Paint } from './paint.js';
import { exactText, spanText } from './quantity.js';

/** Pods that are listed with their reason before the rest is counted. */
const MOST_PODS = 20;

const stateWords: Record<string, string> = {
  WATCH_STATE_WATCHED: 'watched',
  WATCH_STATE_NOT_SELECTED: 'not selected',
  WATCH_STATE_SKIPPED: 'skipped',
  WATCH_STATE_LEFT_OUT: 'left out',
  WATCH_STATE_FAILED: 'failed',
};

/** Nodes that are named where many say the same. */
const mostNames = 5;

/** What `snoopy status` prints. */
export function statusText(
  status: GetStatusResponse,
  address: string,
  nowMs: number,
  allPods: boolean,
  paint: Paint,
): string {
  const sections = [
    [headline(status, address), activity(status)],
    section('Agents', agentLines(status.agents, nowMs), paint),
    section('How flows are counted', countedLines(status.agents), paint),
    section('Pods', podSummary(status.agents, paint), paint),
    section(allPods ? 'All pods' : 'Pods that are not watched', podLines(status.agents, allPods), paint),
    section('Lost since the start', lossLines(status.lost), paint),
    section(
      'Hints',
      status.hints.map((hint) => paint.odd(printable(hint, 1_000))),
      paint,
    ),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function headline(status: GetStatusResponse, address: string): string {
  return `snoopy-aggregator ${printable(status.version, 60)} at ${address}, up ${spanText(status.uptimeSeconds)}`;
}

function activity(status: GetStatusResponse): string {
  const oldest = status.oldestFlow ? ` since ${timeOfDay(status.oldestFlow)}` : '';
  return [
    `${exactText(status.connections)} connections`,
    `${exactText(Math.round(status.flowsPerSecond))} flows/s`,
    `${exactText(status.flowsKept)} flows kept${oldest}`,
    `${exactText(status.subscribers)} subscribers`,
  ].join(', ');
}

function section(title: string, lines: readonly string[], paint: Paint): string[] {
  return lines.length === 0 ? [] : [paint.bold(title), ...lines];
}

function agentLines(agents: readonly AgentStatus[], nowMs: number): string[] {
  if (agents.length === 0) return ['none has ever connected'];
  const rows = agents.map((agent) => {
    const { report } = agent;
    return [
      printable(agent.name),
      printable(agent.version, 30),
      agentState(agent, nowMs),
      String(agent.pods.filter((pod) => pod.state === 'WATCH_STATE_WATCHED').length),
      exactText(Math.round(agent.recordsPerSecond)),
      exactText(report?.rowsQueued ?? 0),
      exactText(report?.rowsLost ?? 0),
      report ? countedByText(report) : '',
      clockText(agent),
    ];
  });
  const right = 'right' as const;
  return table(
    [
      { title: 'NODE' },
      { title: 'VERSION' },
      { title: 'STATE' },
      { title: 'PODS', align: right },
      { title: 'RECORDS/S', align: right },
      { title: 'QUEUED', align: right },
      { title: 'LOST', align: right },
      { title: 'FLOWS' },
      { title: 'CLOCK' },
    ],
    rows,
  );
}

/** The way flows are counted; for packets with the rings that are taken and that there are. */
function countedByText({ countedBy, packetRings, packetRingsMax }: AgentReport): string {
  const word = printable(countedBy, 100).split(':', 1)[0]!;
  return word === 'kernel' || word === 'off' ? word : `packets ${packetRings}/${packetRingsMax}`;
}

/** The agents' own sentences, each with the nodes that say it. */
function countedLines(agents: readonly AgentStatus[]): string[] {
  const nodes = new Map<string, string[]>();
  for (const { name, connected, report } of agents) {
    if (!connected || !report?.countedBy) continue;
    const sentence = printable(report.countedBy, 500);
    nodes.set(sentence, [...(nodes.get(sentence) ?? []), printable(name)]);
  }
  return [...nodes].map(([sentence, names]) => `${namesText(names)}  ${sentence}`);
}

function namesText(names: readonly string[]): string {
  const more = names.length - mostNames;
  return names.slice(0, mostNames).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function agentState(agent: AgentStatus, nowMs: number): string {
  if (agent.connected) return 'connected';
  if (!agent.lastSeen) return 'gone';
  return `gone for ${spanText(Math.max(0, nowMs - milliseconds(agent.lastSeen)) / 1_000)}`;
}

function clockText({ clockOffsetSeconds: offset, clockErrorSeconds: error }: AgentStatus): string {
  if (offset === 0 && error === 0) return '';
  return `${offset < 0 ? '-' : '+'}${spanText(Math.abs(offset))} ± ${spanText(error)}`;
}

function podSummary(agents: readonly AgentStatus[], paint: Paint): string[] {
  const counts = new Map<string, number>();
  for (const pod of agents.flatMap((agent) => agent.pods)) {
    const word = stateWords[pod.state] ?? 'in an unknown state';
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const parts = [...counts].map(([word, count]) => {
    const text = `${exactText(count)} ${word}`;
    return word === 'failed' || word === 'left out' ? paint.bad(text) : text;
  });
  return parts.length === 0 ? [] : [parts.join(', ')];
}

function podLines(agents: readonly AgentStatus[], all: boolean): string[] {
  const pods = agents.flatMap((agent) => agent.pods.map((pod) => ({ node: agent.name, pod })));
  const shown = all ? pods : pods.filter(({ pod }) => wantsAttention(pod));
  if (shown.length === 0) return [];
  const some = all ? shown : shown.slice(0, MOST_PODS);
  const rows = some.map(({ node, pod }) => [
    printable(`${pod.namespace}/${pod.name}`, 400),
    printable(node),
    stateWords[pod.state] ?? '?',
    printable(pod.reason === '' ? pod.interfaces.join(' ') : pod.reason, 300),
  ]);
  const title = all ? 'INTERFACES, OR WHY NOT' : 'WHY';
  const lines = table([{ title: 'POD' }, { title: 'NODE' }, { title: 'STATE' }, { title }], rows);
  return shown.length > some.length
    ? [...lines, `and ${shown.length - some.length} more: snoopy status --pods`]
    : lines;
}

/** Not being selected is what somebody wanted; everything else that is not watched is worth a line. */
function wantsAttention(pod: Pod): boolean {
  return pod.state !== 'WATCH_STATE_WATCHED' && pod.state !== 'WATCH_STATE_NOT_SELECTED';
}

function lossLines(lost: readonly Loss[]): string[] {
  if (lost.length === 0) return ['nothing'];
  const rows = lost.map((loss) => [
    printable(loss.node) || 'aggregator',
    printable(loss.stage),
    printable(loss.reason),
    exactText(loss.count),
    loss.unit.replace('LOSS_UNIT_', '').toLowerCase(),
  ]);
  return table(
    [
      { title: 'NODE' },
      { title: 'STAGE' },
      { title: 'REASON' },
      { title: 'COUNT', align: 'right' },
      { title: 'UNIT' },
    ],
    rows,
  );
}
