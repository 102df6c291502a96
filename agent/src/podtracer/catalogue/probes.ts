import { refuse, type Tool } from './command.js';
import { type OptionSpec, readOptions } from './options.js';

/* Tools that send traffic of their own out of the pod's network. */

const noFiles = 'tools write no files; use podtracer -f FILE';
const noSecrets = 'secrets do not belong in arguments';

const iperf3Spec: OptionSpec = {
  tool: 'iperf3',
  flags: '146JNRVZdsuv',
  values: 'ABCLOPSTbcfiklMnptw',
  longFlags:
    'bidir debug forceflush get-server-output json no-delay one-off repeating-payload reverse server timestamps udp udp-counters-64bit verbose version version4 version6 zerocopy'.split(
      ' ',
    ),
  longValues:
    'bind bind-dev bitrate blockcount bytes client congestion connect-timeout cport dscp extra-data flowlabel format fq-rate idle-timeout interval length omit pacing-timer parallel port rcv-timeout server-bitrate-limit set-mss snd-timeout time title tos window'.split(
      ' ',
    ),
  reasons: {
    '-D': 'it would run on after its end is reported',
    '--daemon': 'it would run on after its end is reported',
    '-I': noFiles,
    '--pidfile': noFiles,
    '-F': 'it reads or writes a file',
    '--file': 'it reads or writes a file',
    '--logfile': noFiles,
    '--username': noSecrets,
    '--rsa-public-key-path': 'it reads a file',
    '--rsa-private-key-path': 'it reads a file',
    '--authorized-users-path': 'it reads a file',
  },
};

export const iperf3: Tool = {
  name: 'iperf3',
  package: 'iperf3',
  capabilities: [],
  help: 'Throughput from or to the pod: iperf3 -c HOST … or -s. No files, no daemon.',
  compose(args) {
    const { options, rest } = readOptions(iperf3Spec, args);
    if (rest.length > 0) throw refuse('iperf3', rest[0]!, 'iperf3 takes options alone');
    return options;
  },
};

const pingSpec: OptionSpec = {
  tool: 'ping',
  flags: '46ABDLnOqRUv',
  values: 'cIiMmpQSstTWw',
  longFlags: [],
  longValues: [],
  reasons: {
    '-f': 'a flood is not a measurement',
    '-l': 'a flood is not a measurement',
    '-F': 'it is not needed',
  },
};

export const ping: Tool = {
  name: 'ping',
  package: 'iputils-ping',
  capabilities: ['net_raw'],
  fileCapabilities: true,
  help: 'Round trips from the pod: ping -c 3 HOST. Addresses are not looked up back (-n is added).',
  compose(args) {
    const { options, rest } = readOptions(pingSpec, args);
    if (rest.length !== 1) throw refuse('ping', rest.join(' '), 'give one host');
    return ['-n', ...options, '--', ...rest];
  },
};
