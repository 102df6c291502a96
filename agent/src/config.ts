import { parse, parseSelector, type Setting, type Settings, variableOf } from '@snoopy/proto';
import { type PodsSetting, parsePods } from './pods/pods-setting.js';
import type { Policy } from './task/policy.js';
import { taskLimits } from './task/task-limits.js';

const nodeNamePattern = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/;
/** Name of a network interface (IFNAMSIZ is 16 with the final zero); the kernel takes nearly anything else. */
const interfacePattern = /^[^\s/:]{1,15}$/;
const logLevels = ['debug', 'info', 'warn', 'error'] as const;

function nodeName(text: string): string {
  if (!nodeNamePattern.test(text)) throw new Error('give letters, digits, dots and dashes, at most 253');
  return text;
}

function interfaces(text: string): readonly string[] {
  const names = parse.list(text);
  const bad = names.find((name) => !interfacePattern.test(name));
  if (bad !== undefined) throw new Error('give names of interfaces such as eth0,net1');
  return names;
}

function memory(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = parse.bytes(text);
    if (value < least || value > most) {
      throw new Error(`give from ${least / 1_024} KiB to ${most / (1 << 20)} MiB`);
    }
    return value;
  };
}

function httpAddress(text: string): parse.HostPort | undefined {
  return text === 'off' ? undefined : parse.hostPort(text);
}

/** How it reaches the aggregator, and shows who it is. */
const linkSettings = {
  'tls-dir': {
    value: 'FOLDER',
    help: 'ca.crt, tls.crt and tls.key for the link, read again for every connection. Without it the link is in plain text.',
    fallback: '',
    parse: parse.anyText,
  },
  'token-file': {
    value: 'FILE',
    help: 'The token that shows on which node the agent is, read again when it changes. Without it token in --tls-dir, if there is one.',
    fallback: '',
    parse: parse.anyText,
  },
  'tls-server-name': {
    value: 'NAME',
    help: 'The name that the aggregator’s certificate must have.',
    fallback: 'snoopy-aggregator',
    parse: parse.anyText,
  },
  plaintext: {
    value: '',
    help: 'Send everything in plain text to an aggregator on another machine.',
    fallback: 'false',
    parse: parse.yesNo,
  },
} satisfies Record<string, Setting<unknown>>;

/** All that it holds on to, in bytes. */
const memorySettings = {
  'kernel-attach': {
    value: 'auto|tcx|clsact',
    help: 'How --flows kernel attaches to interfaces: TCX (Linux 6.6), tc’s clsact, or whichever can be (TCX first).',
    fallback: 'auto',
    parse: parse.oneOf('auto', 'tcx', 'clsact'),
  },
  'kernel-tcp': {
    value: 'auto|sockets|frames',
    help: 'What --flows kernel counts TCP by: the kernel’s sockets, every frame, or whichever can be (sockets first). What has no socket is counted by its frames in any case.',
    fallback: 'auto',
    parse: parse.oneOf('auto', 'sockets', 'frames'),
  },
  'packet-memory': {
    value: 'BYTES',
    help: 'All packet rings in the kernel together. One of --packet-ring is kept free for changes.',
    fallback: '64MiB',
    parse: memory(1 << 20, 2 ** 36),
  },
  'packet-ring': {
    value: 'BYTES',
    help: 'The packet ring of one interface.',
    fallback: '2MiB',
    parse: memory(512 << 10, 1 << 30),
  },
  'flow-memory': {
    value: 'BYTES',
    help: 'The table of live connections; with --flows kernel the kernel’s maps and rings too.',
    fallback: '48MiB',
    parse: memory(1 << 20, 2 ** 32),
  },
  'uplink-memory': {
    value: 'BYTES',
    help: 'Flow batches that wait for the aggregator or for its acknowledgement; beyond it they are lost and counted.',
    fallback: '16MiB',
    parse: memory(256 << 10, 2 ** 32),
  },
} satisfies Record<string, Setting<unknown>>;

/** What anybody may do in this node's pods, whatever the aggregator says: it could be anyone's by now. */
const policySettings = {
  'task-tools': {
    value: 'A,B',
    help: 'Tools that may run in pods when the aggregator asks: capture and those of podtracer tools; none: no tool at all. Without it all.',
    fallback: '',
    parse: parse.list,
  },
  'task-namespaces': {
    value: 'A,B',
    help: 'Kubernetes namespaces in whose pods they may run. Without it all.',
    fallback: '',
    parse: parse.list,
  },
  'task-time': {
    value: 'TIME',
    help: 'The longest that one may run: 30m, 24h.',
    fallback: '24h',
    parse: taskTime,
  },
  'task-bytes': {
    value: 'BYTES',
    help: 'Most packets of one interface, or most output in one pod.',
    fallback: '10GiB',
    parse: memory(64 << 10, 2 ** 43),
  },
  'task-snaplen': {
    value: 'BYTES',
    help: 'Most of a frame that is captured: 128 holds headers alone.',
    fallback: '262144',
    parse: parse.wholeNumber(64, 262_144),
  },
} satisfies Record<string, Setting<unknown>>;

/** The policy that the settings make. */
export function policyOf(config: AgentConfig): Policy {
  const all = (list: readonly string[]) => (list.length === 0 ? undefined : list);
  return {
    tools: all(config['task-tools']),
    namespaces: all(config['task-namespaces']),
    seconds: config['task-time'],
    bytes: config['task-bytes'],
    snaplen: config['task-snaplen'],
  };
}

function taskTime(text: string): number {
  const seconds = parse.duration(text);
  if (seconds < 1 || seconds > taskLimits.seconds) throw new Error('give from 1s to 168h');
  return Math.floor(seconds);
}

/** The beginning of `--help`. */
export const intro = `snoopy-agent: watches the network of this node's pods and sends what it sees to the aggregator.

Needs root (it enters the pods' network namespaces) and tcpdump, nsenter, setpriv and ip. One runs on each node.

  snoopy-agent --aggregator aggregator.example:4244 --tls-dir /etc/snoopy/agent
  snoopy-agent --aggregator 127.0.0.1:4244 --pods netns:pods.json --select 'app in (web,api)'

SIGTERM and SIGINT end it properly: what was seen is sent first.`;

/** The agent's settings. @param hostname what the node is called when nobody says */
export function agentSchema(hostname: string) {
  return {
    aggregator: {
      value: 'HOST:PORT',
      help: 'Where to send everything: the aggregator’s port for agents, 4244 as a rule.',
      parse: parse.hostPort,
    },
    ...linkSettings,
    'node-name': {
      value: 'NAME',
      help: 'What this node is called; must be unique.',
      fallback: hostname,
      parse: nodeName,
    },
    pods: {
      value: 'cri[:SOCKET]|netns:FILE',
      help: 'Where the pods come from: a container runtime, or a JSON list of network namespaces.',
      fallback: 'cri',
      parse: parsePods as (text: string) => PodsSetting,
    },
    select: {
      value: 'SELECTOR',
      help: 'Watch only pods with these labels, as kubectl -l takes them: app=web,tier!=db.',
      fallback: '',
      parse: parseSelector,
    },
    namespaces: {
      value: 'A,B',
      help: 'Watch only pods of these Kubernetes namespaces.',
      fallback: '',
      parse: parse.list,
    },
    interfaces: {
      value: 'A,B',
      help: 'Watch only these interfaces of each pod; without it every one but loopback.',
      fallback: '',
      parse: interfaces,
    },
    'host-network': {
      value: '',
      help: 'Also watch pods that share the node’s network.',
      fallback: 'false',
      parse: parse.yesNo,
    },
    flows: {
      value: 'kernel|packets|auto|off',
      help: 'How flows are counted: by the kernel (eBPF), from packets behind tcpdump, whichever can be (the kernel first), or not at all.',
      fallback: 'packets',
      parse: parse.oneOf('kernel', 'packets', 'auto', 'off'),
    },
    ...memorySettings,
    ...policySettings,
    http: {
      value: 'HOST:PORT|off',
      help: 'Where /metrics, /healthz and /readyz are served.',
      fallback: ':9966',
      parse: httpAddress,
    },
    'log-level': {
      value: logLevels.join('|'),
      help: 'What is logged, as JSON lines on standard error.',
      fallback: 'info',
      parse: parse.oneOf(...logLevels),
    },
  } satisfies Record<string, Setting<unknown>>;
}

export type AgentConfig = Settings<ReturnType<typeof agentSchema>>;

/** Problems that only show when all settings are known; each a sentence. */
export function contradictions(config: AgentConfig): string[] {
  const problems: string[] = [];
  if (config['packet-ring'] > config['packet-memory']) {
    problems.push(
      `--packet-ring is larger than --packet-memory (${variableOf('packet-memory')}), which all rings share`,
    );
  }
  const { aggregator, plaintext } = config;
  if (config['tls-dir'] === '') {
    if (!plaintext && !parse.isLoopback(aggregator.host)) {
      problems.push(
        `--aggregator ${parse.hostPortText(aggregator)} is another machine: give --tls-dir (${variableOf('tls-dir')}), or --plaintext to let everybody on the way read and forge what is sent`,
      );
    }
    if (config['token-file'] !== '')
      problems.push('--token-file needs --tls-dir: tokens are never sent in plain text');
  } else if (plaintext) problems.push('--tls-dir and --plaintext exclude each other');
  return problems;
}
