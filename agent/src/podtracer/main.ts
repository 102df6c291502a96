#!/usr/bin/env node
import { createRequire } from 'node:module';
import { type parse, printable, SnoopyError } from '@snoopy/proto';
import { CommanderError } from 'commander';
import { openPodSource } from '../pods/open-pod-source.js';
import { parseArguments } from './arguments.js';
import { compose } from './catalogue/catalogue.js';
import { createPodtracer } from './create-podtracer.js';
import { DataEndpointSink } from './data-endpoint-client.js';
import { FileSink } from './file-sink.js';
import { findPod } from './find-pod.js';
import { OutputSink } from './output-sink.js';
import { podsJson, podsTable } from './pods-text.js';
import { type CommonOptions, createProgram, goFlags, type RunOptions } from './program.js';
import { ownFailure, runTool } from './run-tool.js';
import type { Sink } from './sink.js';
import type { RunRequest } from './tool-request.js';

const { version } = createRequire(import.meta.url)('../../../package.json') as { version: string };

const cancel = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    // The second one does not wait; tools die with us.
    if (cancel.signal.aborted) process.exit(ownFailure);
    cancel.abort(name);
  });
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function run(tool: string, options: RunOptions & CommonOptions): Promise<void> {
  const request: RunRequest = { kind: 'run', tool, args: parseArguments(options.arguments ?? '') };
  compose(request); // refused before anything is asked or opened
  const collector = collectorOf(options);
  const source = openPodSource(options.pods);
  const podtracer = createPodtracer(source, { procRoot: options.hostProc });
  try {
    const pod = findPod(await source.list(), options.namespace, options.pod);
    const { container, hostNetwork: allowHostNetwork = false, timer } = options;
    const target = await podtracer.resolve(pod, { allowHostNetwork, ...(container ? { container } : {}) });
    try {
      const sinks = await openSinks(options, collector);
      const timerMs = timer === undefined ? {} : { timerMs: timer * 1_000 };
      process.exitCode = await runTool({
        podtracer,
        target,
        request,
        sinks,
        cancel: cancel.signal,
        say,
        ...timerMs,
      });
    } finally {
      target.close();
    }
  } finally {
    source.close();
  }
}

function collectorOf({ destination, port }: RunOptions): parse.HostPort | undefined {
  if (destination === undefined && port === undefined) return undefined;
  if (destination !== undefined && port !== undefined && /^[\w.:-]+$/.test(destination)) {
    return { host: destination, port };
  }
  throw new SnoopyError('BAD_INPUT', 'a collector needs both: -d HOST (a name or an address) and -p PORT');
}

async function openSinks(options: RunOptions, collector: parse.HostPort | undefined): Promise<Sink[]> {
  const remote = collector ? [await DataEndpointSink.open(collector, options.pod)] : [];
  const file = options.file === undefined ? [] : [new FileSink(options.file)];
  const output = options.stdout || (remote.length === 0 && file.length === 0) ? [new OutputSink()] : [];
  return [...remote, ...file, ...output];
}

async function pods(options: CommonOptions & { readonly output: 'table' | 'json' }): Promise<void> {
  const source = openPodSource(options.pods);
  try {
    const list = await source.list();
    process.stdout.write(options.output === 'json' ? podsJson(list) : podsTable(list));
  } finally {
    source.close();
  }
}

try {
  const program = createProgram(version, { run, pods });
  await program.parseAsync(goFlags(process.argv.slice(2)), { from: 'user' });
} catch (error) {
  if (error instanceof CommanderError) {
    // Its message is on standard error already; help and version end with 0.
    process.exitCode = error.exitCode === 0 ? 0 : ownFailure;
  } else {
    say(`podtracer: ${printable((error as Error).message, 2_000)}`);
    process.exitCode = ownFailure;
  }
}
