import { parseArgs } from 'node:util';
import { readDuration } from '../options.js';

export const HELP = `npm run demo -- --kubernetes [OPTIONS]

The shop in Kubernetes, watched by Snoopy as the chart installs it. Without --context the cluster is made for it: two
nodes on this machine, and gone afterwards. Needs root then; the first time Kubernetes is built from source (Go, 5 to 20
minutes).

  --context NAME     your own cluster, as kubectl knows it; images come from --registry. Helm is needed. Afterwards the
                     release and the namespaces snoopy and shop are removed, and must not be there before; CRDs stay
  --registry TEXT    where your cluster finds snoopy-agent and snoopy-aggregator, and busybox:1 too
  --tag TEXT         their tag; default: the version
  --duration TIME    end by itself after so long: 30s, 2m; default: when told to
  -o, --output FORM  table (default), or json: flows as JSON lines and nothing else on standard output
  -h, --help         this text
`;

export interface KubernetesOptions {
  readonly context: string | undefined;
  readonly registry: string | undefined;
  readonly tag: string | undefined;
  readonly output: 'table' | 'json';
  /** Milliseconds; undefined: until a signal. */
  readonly duration: number | undefined;
  readonly help: boolean;
}

/** Reads the arguments; throws an Error whose message is for the user. */
export function readOptions(args: readonly string[]): KubernetesOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      kubernetes: { type: 'boolean' },
      context: { type: 'string' },
      registry: { type: 'string' },
      tag: { type: 'string' },
      duration: { type: 'string' },
      output: { type: 'string', short: 'o', default: 'table' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { context, registry, tag, output, help } = values;
  if (output !== 'table' && output !== 'json') throw new Error(`-o ${output}: table or json is accepted`);
  if (context !== undefined && registry === undefined && !help)
    throw new Error(
      '--context needs --registry: no public registry has the images; npm run images builds them',
    );
  const duration = values.duration === undefined ? undefined : readDuration(values.duration);
  return { context, registry, tag, output, duration, help };
}
