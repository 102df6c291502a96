import { setTimeout as sleep } from 'node:timers/promises';
import { type Addresses, Demo } from './demo.js';
import { HELP, readOptions } from './options.js';

/** Everything but the flows goes to standard error, so that standard output can be piped. */
const say = (text: string): void => void process.stderr.write(`demo: ${text}\n`);

function introduce({ clients, trust, metrics, agentMetrics }: Addresses): void {
  const server = clients === '127.0.0.1:4245' ? '' : ` --server ${clients}`;
  process.stderr.write(`
  Two nodes, eight pods in the namespace "shop", and somebody buying things. Open, or type in another terminal:

    ${metrics}     metrics for Prometheus (the agents' own: ${agentMetrics.join(' ')})
    ${clients}                     gRPC: grpcurl -cacert ${trust}/ca.crt ${clients} list

  Nobody looks in without the token that the aggregator made, so first tell the commands where it is:

    export SNOOPY_TLS_DIR=${trust}
    npx snoopy status${server}
    npx snoopy top${server}
    npx snoopy observe --follow --outcome failed${server}
    npx snoopy capture -n shop -l app=api -o api.pcapng${server}

  Ctrl-C ends the demo.

`);
}

/** Resolves with the signal's name at the first one; a second one ends at once. */
function firstSignal(demo: Demo): Promise<string> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (name: string): void => {
      if (asked) {
        demo.kill();
        process.exit(1);
      }
      asked = true;
      resolve(name);
    };
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => onSignal(name));
  });
}

async function run(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return void process.stdout.write(HELP);
  const demo = new Demo();
  const signal = firstSignal(demo);
  const lifetime = new AbortController();
  const start = demo.start(options.output, say).then(async (addresses) => {
    introduce(addresses);
    const time =
      options.duration === undefined ? [] : [sleep(options.duration, undefined, { signal: lifetime.signal })];
    await Promise.race([demo.watch(), ...time]);
  });
  try {
    await Promise.race([start, signal]);
  } finally {
    lifetime.abort();
    say('ending');
    await demo.stop();
    await start.catch(() => {}); // what broke while everything was being ended
    demo.kill();
  }
}

try {
  await run();
} catch (error) {
  say((error as Error).message);
  process.exitCode = 1;
}
