import { parseArgs } from 'node:util';

export const HELP = `scripts/cluster COMMAND [OPTIONS]

A Kubernetes cluster of real nodes on this machine, without Docker: each node is a tree of processes in namespaces of
its own, with its own containerd, kubelet and kube-proxy. Needs root. The first time, Kubernetes is built from source
(Go, 5 to 20 minutes); later a cluster is up in seconds, and gone without a trace.

  up [--nodes 2]         make it and return when it is ready (1 to 5 nodes)
  up --attached          make it and stay; it ends with this command, however that ends
  with COMMAND ...       make one, run a command with KUBECONFIG and PATH set for it, end it
  down                   end it; nothing is left
  kubectl ARGUMENTS      kubectl on it, helm3 and helm4 likewise
  load FILE.tar ...      import images (docker or OCI archives) into every node
  enter NODE [COMMAND]   a command, or a shell, in a node's namespaces
  stop PART | start PART a node (node-b) or a part of the control plane (kube-apiserver, etcd, kube-scheduler ...)
  logs PART              the log of a part: kube-apiserver, node-a-kubelet ...
  env                    lines for a shell: eval "$(scripts/cluster env)"

  --name NAME            which cluster, if there are several; default: snoopy. Before the command's own arguments
  -h, --help             this text
`;

export interface Request {
  readonly command: string;
  readonly args: readonly string[];
  readonly name: string;
  readonly nodes: number;
  readonly attached: boolean;
}

/** What follows these belongs to the program that they start. */
const FOREIGN = new Set(['with', 'kubectl', 'helm3', 'helm4', 'enter']);
const OWN = new Set([...FOREIGN, 'up', 'down', 'load', 'stop', 'start', 'logs', 'env']);

/** Reads the arguments; undefined: help is wanted. @throws Error for people */
export function readRequest(argv: readonly string[]): Request | undefined {
  let words = [...argv];
  let name = 'snoopy';
  if (words[0] === '--name') [name, words] = [words[1] ?? '', words.slice(2)];
  const [command = '--help', ...rest] = words;
  if (command === '-h' || command === '--help' || command === 'help') return undefined;
  if (!OWN.has(command)) throw new Error(`${command}: no such command; scripts/cluster --help lists them`);
  if (FOREIGN.has(command)) return { command, args: rest, name, nodes: 2, attached: false };
  const options = {
    name: { type: 'string', default: name },
    nodes: { type: 'string', default: '2' },
    attached: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  const { values, positionals } = parseArgs({ args: rest, options, allowPositionals: true });
  if (values.help) return undefined;
  const nodes = Number(values.nodes);
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > 5)
    throw new Error(`--nodes ${values.nodes}: give 1 to 5`);
  return { command, args: positionals, name: values.name, nodes, attached: values.attached };
}
