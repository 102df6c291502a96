import { parse, type Schema, type Settings } from '@snoopy/proto';

/** Settings of snoopy-aggregator. Addresses are of this machine alone unless given. */
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
  trust: {
    value: 'auto|kubernetes|local|none',
    help: 'who may call: pods and users of this Kubernetes cluster; whoever has a token of --tls-dir; or anybody, in plain text. auto: kubernetes inside a cluster, else none if --agents-listen and --listen are of this machine alone, else local',
    fallback: 'auto',
    parse: parse.oneOf('auto', 'kubernetes', 'local', 'none'),
  },
  certificates: {
    value: 'auto|existing',
    help: 'auto: made and renewed here, kept in Secrets (--trust kubernetes) or in --tls-dir; existing: ca.crt, tls.crt and tls.key of --tls-dir, read again when they change',
    fallback: 'auto',
    parse: parse.oneOf('auto', 'existing'),
  },
  'tls-dir': {
    value: 'FOLDER',
    help: 'certificates and, with --trust local, tokens; the folders agent and client in it are what those need. Without it tls in --data-dir',
    fallback: '',
    parse: parse.anyText,
  },
  'tls-names': {
    value: 'A,B',
    help: 'more names and addresses that the certificate is for, besides snoopy-aggregator and this machine',
    fallback: '',
    parse: parse.list,
  },
  'tls-secret': {
    value: 'PREFIX',
    help: 'with --trust kubernetes certificates are the Secrets PREFIX-ca, PREFIX-aggregator and PREFIX-agent and the ConfigMap PREFIX-client, in --namespace',
    fallback: 'snoopy',
    parse: parse.anyText,
  },
  'tls-owner': {
    value: 'NAME',
    help: 'Deployment that those belong to, so that they are removed with it',
    fallback: '',
    parse: parse.anyText,
  },
  'agent-account': {
    value: '[NAMESPACE/]NAME',
    help: 'service account of the agents, whose tokens must be for the audience snoopy-aggregator',
    fallback: 'snoopy-agent',
    parse: parse.anyText,
  },
  'client-audience': {
    value: 'TEXT',
    help: 'audience of clients’ tokens; without it the API server’s own, as those of kubectl are',
    fallback: '',
    parse: parse.anyText,
  },
  namespace: {
    value: 'NAME',
    help: 'where those Secrets and that account are; without it the namespace of the pod that this is',
    fallback: '',
    parse: parse.anyText,
  },
  'audit-log': {
    value: 'FILE|-',
    help: 'a JSON line for every decision about a caller, and for the end of what was allowed; - is standard output',
    fallback: '-',
    parse: parse.anyText,
  },
  'data-dir': {
    value: 'FOLDER',
    help: 'what podtracer -d sends is kept in FOLDER/pods, one file for each pod, what SnoopyJobs get in FOLDER/jobs; made when first needed',
    fallback: '/var/lib/snoopy',
    parse: parse.anyText,
  },
  'data-limit': {
    value: 'BYTES',
    help: 'most bytes in each of the two; more is refused',
    fallback: '10GiB',
    parse: parse.bytes,
  },
  advertise: {
    value: 'HOST:PORT',
    help: 'where pods find --listen, as SnoopyDataEndpoints are told; without it this machine’s name',
    fallback: '',
    parse: parse.anyText,
  },
  standby: {
    value: '',
    help: 'one of several: works while it holds the Lease snoopy-aggregator in --namespace, else sends agents on to the one that does and passes clients through',
    fallback: 'false',
    parse: parse.yesNo,
  },
  'own-address': {
    value: 'HOST',
    help: 'where other replicas and agents reach this one; without it this machine’s name',
    fallback: '',
    parse: parse.anyText,
  },
  'job-policy': {
    value: 'NAME',
    help: 'a ValidatingAdmissionPolicy, and its binding of the same name, that asks who writes a SnoopyJob for rights in all namespaces that it reaches; what was written while it is in force may reach them',
    fallback: '',
    parse: parse.anyText,
  },
  'job-namespaces': {
    value: 'A,B|*',
    help: 'namespaces whose pods SnoopyJobs of other namespaces may reach, whoever writes them; *: all',
    fallback: '',
    parse: parse.list,
  },
  'job-collectors': {
    value: 'HOST,HOST',
    help: 'what SnoopyJobs may name as dataServiceIP besides SnoopyDataEndpoints; what they get is kept here all the same',
    fallback: '',
    parse: parse.list,
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

/** The flags whose address is reachable from other machines, and where callers are asked who they are. */
export function openToOthers(config: Config): string[] {
  const flags = ['agents-listen', 'listen'] as const;
  return flags.filter((flag) => !parse.isLoopback(config[flag].host)).map((flag) => `--${flag}`);
}
