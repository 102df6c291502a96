import { parse, type Schema, type Settings } from '@snoopy/proto';

/** Settings of snoopy-aggregator. Addresses are of this machine alone unless given: nothing asks who calls yet. */
export const schema = {
  'agents-listen': {
    value: 'HOST:PORT',
    help: 'where agents connect; :4244 for all addresses',
    fallback: '127.0.0.1:4244',
    parse: parse.hostPort,
  },
  listen: {
    value: 'HOST:PORT',
    help: 'where clients connect: flows, captures, health, reflection',
    fallback: '127.0.0.1:4245',
    parse: parse.hostPort,
  },
  http: {
    value: 'HOST:PORT',
    help: '/metrics, /healthz, /readyz',
    fallback: '127.0.0.1:9965',
    parse: parse.hostPort,
  },
  'data-dir': {
    value: 'FOLDER',
    help: 'what podtracer -d sends is kept in FOLDER/pods, one file for each pod; made when first needed',
    fallback: '/var/lib/snoopy',
    parse: parse.anyText,
  },
  'data-limit': {
    value: 'BYTES',
    help: 'most bytes in there; more is refused',
    fallback: '10GiB',
    parse: parse.bytes,
  },
  'metrics-series': {
    value: 'NUMBER',
    help: 'most series of one flow family on /metrics; what is beyond counts in its series "other"',
    fallback: '20000',
    parse: parse.wholeNumber(100, 1_000_000),
  },
  subscribers: {
    value: 'NUMBER',
    help: 'most live subscribers of flows at a time',
    fallback: '100',
    parse: parse.wholeNumber(1, 10_000),
  },
  kubernetes: {
    value: 'auto|off|FILE',
    help: 'names, selections and SnoopyJobs from the Kubernetes API; auto: inside a cluster only; FILE: a kubeconfig',
    fallback: 'auto',
    parse: kubernetesSetting,
  },
  'log-level': {
    value: 'LEVEL',
    help: 'error, warn, info or debug; JSON lines on standard error',
    fallback: 'info',
    parse: parse.oneOf('error', 'warn', 'info', 'debug'),
  },
} satisfies Schema;

/** A file has a slash in its name, so that no misspelt word is taken for one. */
function kubernetesSetting(text: string): string {
  if (text === 'auto' || text === 'off' || text.includes('/')) return text;
  throw new Error('give auto, off or the path of a kubeconfig, with a / in it');
}

export type Config = Settings<typeof schema>;

export const intro = `snoopy-aggregator takes the flows that agents see, merges both ends of every connection and serves them:
live to clients (snoopy observe, any gRPC client), as metrics to Prometheus, and packets as captures.`;

/** The flags whose address is reachable from other machines. */
export function openToOthers(config: Config): string[] {
  const flags = ['agents-listen', 'listen', 'http'] as const;
  return flags.filter((flag) => !isLoopback(config[flag].host)).map((flag) => `--${flag}`);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
