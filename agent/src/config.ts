import { parse, parseSelector, type Setting, type Settings, variableOf } from '@snoopy/proto';
import { type PodsSetting, parsePods } from './pods/pods-setting.js';

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

/** The beginning of `--help`. */
export const intro = `snoopy-agent: watches the network of this node's pods and sends what it sees to the aggregator.

Needs root (it enters the pods' network namespaces) and tcpdump, nsenter, setpriv and ip. One runs on each node.

  snoopy-agent --aggregator aggregator.example:4244
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
  return problems;
}
