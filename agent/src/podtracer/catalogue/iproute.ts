import { refuse, type Tool } from './command.js';
import { type OptionSpec, readOptions } from './options.js';

/**
 * ip and tc take the beginning of any word for the word (`ip n` is neigh, `ip -ba` is -batch), so everything that is
 * not spelled as listed here is refused.
 */
interface WordSpec {
  readonly tool: string;
  /** Options before the object. */
  readonly options: readonly string[];
  readonly objects: readonly string[];
  /** Words after the object that only show. */
  readonly verbs: readonly string[];
  readonly reasons: Readonly<Record<string, string>>;
}

const elsewhere = 'it leaves the pod for another namespace';
const batch = 'it reads commands from a file';
const onlyShows = 'only what shows is allowed here, nothing that changes the pod';

const shown = [
  '-s',
  '-stats',
  '-statistics',
  '-d',
  '-details',
  '-j',
  '-json',
  '-p',
  '-pretty',
  '-o',
  '-oneline',
];
const ipSpec: WordSpec = {
  tool: 'ip',
  options: [
    ...shown,
    '-4',
    '-6',
    '-br',
    '-brief',
    '-h',
    '-human',
    '-iec',
    '-t',
    '-timestamp',
    '-ts',
    '-tshort',
  ],
  objects:
    'a addr address l link r route ru rule n neigh neighbour neighbor maddr maddress mroute ntable nexthop tcp_metrics netconf tunnel stats'.split(
      ' ',
    ),
  verbs: ['show', 'list', 'ls', 'lst', 'get'],
  reasons: {
    netns: elsewhere,
    vrf: 'it starts other programs',
    xfrm: 'it shows keys',
    '-n': elsewhere,
    '-netns': elsewhere,
    '-b': batch,
    '-batch': batch,
    '-force': 'it belongs to -batch',
    '-a': 'it goes through other namespaces',
    '-all': 'it goes through other namespaces',
    '-r': 'name look-ups would be traffic of the pod',
    '-resolve': 'name look-ups would be traffic of the pod',
  },
};

const tcSpec: WordSpec = {
  tool: 'tc',
  options: [...shown, '-r', '-raw', '-g', '-graph', '-iec', '-nm', '-name', '-t', '-timestamp'],
  objects: ['qdisc', 'class', 'filter', 'chain', 'action', 'actions'],
  verbs: ['show', 'list', 'ls', 'get'],
  reasons: {
    exec: 'it starts other programs',
    monitor: 'it does not end',
    '-n': elsewhere,
    '-netns': elsewhere,
    '-b': batch,
    '-batch': batch,
    '-force': 'it belongs to -batch',
    '-cf': 'it reads a file',
    '-conf': 'it reads a file',
  },
};

function composeWords(spec: WordSpec, args: readonly string[]): readonly string[] {
  let at = 0;
  while (args[at]?.startsWith('-')) {
    // Both tools take --option for -option.
    const option = args[at]!.replace(/^--/, '-');
    if (!spec.options.includes(option)) throw refuse(spec.tool, args[at]!, spec.reasons[option] ?? onlyShows);
    at++;
  }
  const [object, verb, ...rest] = args.slice(at);
  if (object === undefined) throw refuse(spec.tool, '', `say what to show: ${spec.objects.join(', ')}`);
  if (!spec.objects.includes(object)) throw refuse(spec.tool, object, spec.reasons[object] ?? onlyShows);
  if (verb !== undefined && !spec.verbs.includes(verb)) throw refuse(spec.tool, verb, onlyShows);
  const late = rest.find((word) => word.startsWith('-'));
  if (late !== undefined) throw refuse(spec.tool, late, 'options come before everything else');
  return args;
}

export const ip: Tool = {
  name: 'ip',
  package: 'iproute2',
  capabilities: [],
  help: 'Addresses, links, routes, rules, neighbours: ip [-s -d -j -4 -6 -br] OBJECT [show|list|get …]. Changes nothing.',
  compose: (args) => composeWords(ipSpec, args),
};

export const tc: Tool = {
  name: 'tc',
  package: 'iproute2',
  capabilities: [],
  help: 'Queues, classes and filters with their counters: tc [-s -d -j] qdisc|class|filter show [dev X]. Changes nothing.',
  compose: (args) => composeWords(tcSpec, args),
};

const ssSpec: OptionSpec = {
  tool: 'ss',
  flags: '046EHMOSTVadeilmnopstuwx',
  values: 'Af',
  longFlags:
    'all cgroup dccp extended info inet-sockopt ipv4 ipv6 listening memory mptcp no-header numeric oneline options packet processes raw sctp summary tcp threads tipc tos udp unix version vsock xdp'.split(
      ' ',
    ),
  longValues: ['family', 'query'],
  reasons: {
    '-K': 'it closes sockets of the pod',
    '--kill': 'it closes sockets of the pod',
    '-D': 'it writes a file',
    '--diag': 'it writes a file',
    '-F': 'it reads a file',
    '--filter': 'it reads a file',
    '-N': elsewhere,
    '--net': elsewhere,
    '-r': 'name look-ups would be traffic of the pod',
    '--resolve': 'name look-ups would be traffic of the pod',
  },
};

export const ss: Tool = {
  name: 'ss',
  package: 'iproute2',
  capabilities: [],
  help: 'Sockets: ss -tunapie … [FILTER]. Process names are not shown, that would take more rights. Kills nothing.',
  compose(args) {
    const { options, rest } = readOptions(ssSpec, args);
    return rest.length > 0 ? [...options, '--', ...rest] : options;
  },
};
