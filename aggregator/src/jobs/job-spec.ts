import { parse, parseSelector, type Selector } from '@snoopy/proto';
import { type Cron, parseCron } from './cron.js';
import { type LabelSelector, labelSelectorText } from './label-selector.js';
import { type CaptureWork, tcpdumpCapture } from './tcpdump-arguments.js';
import { splitWords } from './words.js';

/** What agents take at most (the agent's task limits). */
const LONGEST_S = 7 * 86_400;

/** `spec` of a SnoopyJob as it is written: the original's fields, then ours. Schema-checked by the API server. */
export interface RawJobSpec {
  readonly command?: string;
  readonly args?: string;
  readonly labelSelector?: Readonly<Record<string, string>>;
  readonly targetNamespace?: string;
  readonly schedule?: string;
  readonly timer?: string;
  readonly dataServiceIP?: string;
  readonly dataServicePort?: string;
  readonly targets?: {
    readonly podSelector?: LabelSelector;
    readonly namespaceSelector?: LabelSelector;
    readonly nodeSelector?: Readonly<Record<string, string>>;
    readonly podNames?: readonly string[];
    readonly owner?: { readonly kind?: string; readonly name?: string };
    readonly exclude?: LabelSelector;
    readonly followNewPods?: boolean;
    readonly maxTargets?: number;
    readonly hostNetwork?: boolean;
  };
  readonly tool?: {
    readonly capture?: {
      readonly interfaces?: readonly string[];
      readonly filter?: string;
      readonly snaplen?: number;
      readonly headersOnly?: boolean;
    };
    readonly run?: { readonly name?: string; readonly args?: readonly string[] };
  };
  readonly limits?: {
    readonly duration?: string;
    readonly packets?: number;
    readonly bytesPerPod?: string | number;
    readonly bytes?: string | number;
  };
  readonly timeZone?: string;
  readonly suspend?: boolean;
  readonly concurrencyPolicy?: 'Allow' | 'Forbid' | 'Replace';
  readonly startingDeadlineSeconds?: number;
  readonly successfulRunsHistoryLimit?: number;
  readonly failedRunsHistoryLimit?: number;
  readonly ttlSecondsAfterFinished?: number;
}

export type JobWork =
  | { readonly kind: 'capture'; readonly capture: CaptureWork }
  | { readonly kind: 'run'; readonly tool: string; readonly args: readonly string[] };

/** Which pods a job is about. */
export interface JobTargets {
  /** The one namespace; with a namespace selector empty. */
  readonly namespace: string;
  readonly namespaceSelector: Selector | undefined;
  readonly selector: Selector;
  readonly exclude: Selector | undefined;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly podNames: readonly string[];
  readonly owner: { readonly kind: string; readonly name: string } | undefined;
  readonly followNewPods: boolean;
  readonly maxTargets: number;
  readonly hostNetwork: boolean;
}

/** A SnoopyJob's spec, understood. Limits of 0 are none. */
export interface JobSpec {
  readonly work: JobWork;
  readonly targets: JobTargets;
  readonly schedule: string;
  readonly cron: Cron | undefined;
  readonly suspend: boolean;
  readonly concurrency: 'Allow' | 'Forbid' | 'Replace';
  /** Seconds; undefined: however late. */
  readonly startingDeadlineS: number | undefined;
  readonly keepSuccessful: number;
  readonly keepFailed: number;
  readonly ttlS: number | undefined;
  readonly maxSeconds: number;
  /** The spec has no duration (`maxSeconds` 0), so that the agents' policies end it. */
  readonly endless: boolean;
  readonly maxPackets: number;
  readonly maxBytesPerPod: number;
  readonly maxBytes: number;
  /** `host:port` of the collector, empty: none was named. */
  readonly collector: string;
}

const MOST_TARGETS = 500;

/** Reads a spec. Throws Error with a sentence that says what will not do. @param namespace of the job */
export function readJobSpec(raw: RawJobSpec, namespace: string): JobSpec {
  const { targets = {}, limits = {} } = raw;
  const schedule = raw.schedule ?? '';
  if (raw.timeZone !== undefined && schedule === '') throw new Error('timeZone needs a schedule');
  const duration = hours(limits.duration ?? raw.timer ?? '');
  const maxSeconds = duration === '' ? 0 : Math.ceil(read('duration', () => parse.duration(duration)));
  if (duration !== '' && (maxSeconds < 1 || maxSeconds > LONGEST_S))
    throw new Error(`the duration ${duration} is not between 1 s and 7 days`);
  const work = readWork(raw);
  return {
    work,
    targets: readTargets(raw, targets, namespace),
    schedule,
    cron: schedule === '' ? undefined : parseCron(schedule, raw.timeZone ?? 'UTC'),
    suspend: raw.suspend === true,
    concurrency: raw.concurrencyPolicy ?? 'Replace',
    startingDeadlineS: raw.startingDeadlineSeconds,
    keepSuccessful: raw.successfulRunsHistoryLimit ?? 3,
    keepFailed: raw.failedRunsHistoryLimit ?? 1,
    ttlS: raw.ttlSecondsAfterFinished,
    maxSeconds,
    endless: duration === '',
    maxPackets: limits.packets ?? (work.kind === 'capture' ? work.capture.packets : 0),
    maxBytesPerPod: bytes('bytesPerPod', limits.bytesPerPod),
    maxBytes: bytes('bytes', limits.bytes),
    collector: raw.dataServiceIP ? `${raw.dataServiceIP}:${raw.dataServicePort ?? '51001'}` : '',
  };
}

function readWork({ tool = {}, command = '', args = '' }: RawJobSpec): JobWork {
  if (tool.capture && tool.run) throw new Error('tool has both capture and run; give one');
  if (tool.capture) {
    const { interfaces = [], filter = '', snaplen = 0, headersOnly = false } = tool.capture;
    // Ethernet, IPv6 with an extension or two, TCP with all options.
    const length = headersOnly ? Math.min(snaplen || 192, 192) : snaplen;
    return { kind: 'capture', capture: { interfaces, filter, snaplen: length, packets: 0 } };
  }
  if (tool.run) {
    if (!tool.run.name) throw new Error('tool.run needs a name');
    return { kind: 'run', tool: tool.run.name, args: tool.run.args ?? [] };
  }
  if (command === '') throw new Error('there is nothing to do: give command, or tool');
  const words = read('args', () => splitWords(args));
  const capture = command === 'tcpdump' ? tcpdumpCapture(words) : undefined;
  return capture ? { kind: 'capture', capture } : { kind: 'run', tool: command, args: words };
}

function readTargets(
  raw: RawJobSpec,
  targets: NonNullable<RawJobSpec['targets']>,
  namespace: string,
): JobTargets {
  const { podSelector, namespaceSelector, exclude, owner, maxTargets = 100 } = targets;
  const labels = Object.entries(raw.labelSelector ?? {}).map(([key, value]) => `${key}=${value}`);
  const selectors = [...labels, labelSelectorText(podSelector ?? {})].filter((text) => text !== '');
  const everything = selectors.length === 0 && !targets.podNames?.length && !owner;
  if (everything && podSelector === undefined && namespaceSelector === undefined)
    throw new Error('no pods are named: give labelSelector or targets; podSelector: {} means all');
  if (maxTargets < 1 || maxTargets > MOST_TARGETS)
    throw new Error(`maxTargets is not between 1 and ${MOST_TARGETS}`);
  const selectorOf = (what: string, given: LabelSelector | undefined): Selector | undefined =>
    given && read(what, () => parseSelector(labelSelectorText(given)));
  return {
    namespace: namespaceSelector ? '' : raw.targetNamespace || namespace,
    namespaceSelector: selectorOf('namespaceSelector', namespaceSelector),
    selector: read('the selector', () => parseSelector(selectors.join(','))),
    exclude: selectorOf('exclude', exclude),
    nodeSelector: targets.nodeSelector ?? {},
    podNames: targets.podNames ?? [],
    owner: owner?.name ? { kind: owner.kind ?? '', name: owner.name } : undefined,
    followNewPods: targets.followNewPods ?? true,
    maxTargets,
    hostNetwork: targets.hostNetwork === true,
  };
}

function bytes(what: string, given: string | number | undefined): number {
  if (given === undefined) return 0;
  return typeof given === 'number' ? given : read(what, () => parse.bytes(given));
}

/** The original's documentation promises days. */
function hours(duration: string): string {
  return duration.replace(/(\d+)d/, (_, days: string) => `${Number(days) * 24}h`);
}

function read<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}`);
  }
}
