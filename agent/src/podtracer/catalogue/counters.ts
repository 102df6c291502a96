import { refuse, type Tool } from './command.js';
import { type OptionSpec, readOptions } from './options.js';

/* Tools that read what the kernel counted. */

const nstatSpec: OptionSpec = {
  tool: 'nstat',
  flags: 'ajpz',
  values: '',
  longFlags: ['json', 'pretty', 'zeros', 'ignore'],
  longValues: [],
  reasons: {
    '-d': 'it would run on after its end is reported',
    '--scan': 'it would run on after its end is reported',
    '-r': 'it writes a file',
    '-t': 'it belongs to --scan',
  },
};

export const nstat: Tool = {
  name: 'nstat',
  package: 'iproute2',
  capabilities: [],
  help: 'Counters of the network stack (SNMP names): nstat [-z -j] [PATTERN …]. Absolute values, no history file.',
  compose(args) {
    const { options, rest } = readOptions(nstatSpec, args);
    // -a -s: neither reads nor writes the history file that it keeps otherwise.
    return ['-a', '-s', ...options, ...(rest.length > 0 ? ['--', ...rest] : [])];
  },
};

const changes = 'only what shows is allowed here, nothing that changes the pod';
const actions = ['-L', '-C', '-S', '-E', '--dump', '--count', '--stats', '--event'];
const conntrackSpec: OptionSpec = {
  tool: 'conntrack',
  flags: '',
  values: 'bdeflmopqrsuw',
  longFlags: ['any-nat', 'dst-nat', 'src-nat'],
  longValues:
    'dport dst event-mask family label mark orig-dst orig-port-dst orig-port-src orig-src orig-zone output proto protonum reply-dst reply-port-dst reply-port-src reply-src reply-zone sport src state status zone'.split(
      ' ',
    ),
  reasons: Object.fromEntries(
    ['-D', '-F', '-I', '-U', '-A', '-z', '-R', '--load-file'].map((o) => [o, changes]),
  ),
};

export const conntrack: Tool = {
  name: 'conntrack',
  package: 'conntrack',
  // The kernel shows the table to nobody else; the options that change it are refused.
  capabilities: ['net_admin'],
  help: 'The connection tracking table: conntrack -L, -C, -S or -E with filters. Changes nothing.',
  compose(args) {
    const at = args.findIndex((argument) => actions.includes(argument));
    if (at < 0) throw refuse('conntrack', args.join(' '), 'say what to show: -L, -C, -S or -E');
    // The table's name comes right behind the action.
    const table = ['conntrack', 'expect'].includes(args[at + 1] ?? '') ? [args[at + 1]!] : [];
    const others = [...args.slice(0, at), ...args.slice(at + 1 + table.length)];
    const { options, rest } = readOptions(conntrackSpec, others);
    if (rest.length > 0) throw refuse('conntrack', rest.join(' '), 'the table is conntrack or expect');
    return [args[at]!, ...table, ...options];
  },
};

const ethtoolShows = ['-a', '-c', '-g', '-i', '-k', '-l', '-m', '-n', '-P', '-S', '-T', '-u', '-x'];

export const ethtool: Tool = {
  name: 'ethtool',
  package: 'ethtool',
  capabilities: [],
  help: `An interface's driver, features and counters: ethtool [${ethtoolShows.join('|')}] INTERFACE. Changes nothing.`,
  compose(args) {
    const option = args.length === 2 ? args[0]! : undefined;
    if (option !== undefined && !ethtoolShows.includes(option)) throw refuse('ethtool', option, changes);
    const device = args.at(-1);
    if (args.length > 2 || device === undefined || !/^[\w.@:][\w.@:-]{0,14}$/.test(device)) {
      throw refuse('ethtool', args.join(' '), 'give at most one option, then one interface');
    }
    return args;
  },
};
