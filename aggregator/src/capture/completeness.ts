import { printable } from '@snoopy/proto';
import type { CaptureTarget } from './capture-target.js';

/** What a capture is judged by. */
export interface Verdict {
  readonly complete: boolean;
  /** One sentence or a few. */
  readonly summary: string;
}

export interface CaptureFacts {
  readonly targets: readonly CaptureTarget[];
  /** Pods beyond the bound of a capture. */
  readonly podsLeftOut: number;
  /** Packets that no target could be found for. */
  readonly strayPackets: number;
  /** Packets that stand after one with a later time. */
  readonly late: number;
  /** Why it ended, a sentence; empty while it runs. */
  readonly ending: string;
}

/** The statement of completeness. */
export function verdict(facts: CaptureFacts): Verdict {
  const { targets } = facts;
  const packets = sum(targets, (t) => t.packets);
  const failed = targets.filter((t) => t.error !== '');
  const drops = dropWords(targets, facts.strayPackets);
  const complete = drops === '' && failed.length === 0 && facts.podsLeftOut === 0;
  const parts = [
    `${complete ? 'Complete' : 'Incomplete'}: ${counted(packets, 'packet')} of ${counted(targets.length, 'interface')}`,
    drops === '' ? 'nothing was dropped' : `dropped ${drops}`,
    facts.podsLeftOut > 0 ? `${counted(facts.podsLeftOut, 'pod')} left out, more than one capture takes` : '',
    failed.length > 0 ? failures(failed) : '',
    facts.late > 0 ? `${counted(facts.late, 'packet')} written out of order` : '',
  ];
  const sentence = `${parts.filter((part) => part !== '').join('; ')}.`;
  return { complete, summary: facts.ending === '' ? sentence : `${sentence} ${facts.ending}` };
}

/** Comment on the packet after a gap. */
export function dropComment(dropped: number, target: CaptureTarget): string {
  const by = stages(target).join(', ');
  return `snoopy: ${counted(dropped, 'packet')} of this interface dropped about here (so far ${by})`;
}

/** Comment on an interface's statistics; empty when all is well. */
export function statisticsComment(target: CaptureTarget): string {
  const parts = [
    target.dropped > 0 ? `snoopy: dropped ${stages(target).join(', ')}` : '',
    target.error === '' ? '' : `snoopy: ${target.error}`,
  ];
  return printable(parts.filter((part) => part !== '').join('; '), 300);
}

function stages(target: CaptureTarget): string[] {
  return stageWords(target.kernelDropped, target.agentDropped, target.aggregatorDropped);
}

function dropWords(targets: readonly CaptureTarget[], stray: number): string {
  const kernel = sum(targets, (t) => t.kernelDropped);
  const agent = sum(targets, (t) => t.agentDropped);
  return stageWords(kernel, agent, sum(targets, (t) => t.aggregatorDropped) + stray).join(', ');
}

function stageWords(kernel: number, agent: number, aggregator: number): string[] {
  const words = [
    [kernel, 'by the kernel'],
    [agent, 'by the agent (the reader or the link was too slow)'],
    [aggregator, 'by the aggregator'],
  ] as const;
  return words.filter(([count]) => count > 0).map(([count, who]) => `${number(count)} ${who}`);
}

function failures(failed: readonly CaptureTarget[]): string {
  const shown = failed.slice(0, 3).map((t) => `${t.title}: ${t.error.replace(/\.$/, '')}`);
  const more = failed.length - shown.length;
  return `${counted(failed.length, 'interface')} failed (${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''})`;
}

function sum(targets: readonly CaptureTarget[], value: (target: CaptureTarget) => number): number {
  return targets.reduce((total, target) => total + value(target), 0);
}

function counted(count: number, noun: string): string {
  return `${number(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
