import { type Job, type JobRun, printable, SnoopyError } from '@snoopy/proto';
import { type Command, Option } from 'commander';
import type { OpenPacketFile } from './capture.js';
import { type Cli, ExitCode } from './cli.js';
import { table } from './columns.js';
import { answerJson } from './flow-json.js';
import { type Moment, rfc3339 } from './moment.js';
import { bytesText } from './quantity.js';

interface ListOptions {
  readonly namespace?: string;
  readonly output: 'table' | 'json';
}

interface FileOptions {
  readonly namespace: string;
  readonly run?: string;
  readonly write?: string;
  readonly force?: boolean;
}

const help = `
Jobs are made with kubectl: kubectl apply -f job.yaml, then kubectl describe snoopyjob NAME tells everything about one.

Examples:
  snoopy jobs -n shop                                the jobs of a namespace and their last runs
  snoopy jobs logs routes -n shop                    what a tool printed
  snoopy jobs download web -n shop -w web.pcapng     the packets of the last run
`;

/** Adds `snoopy jobs [list]`, `jobs logs` and `jobs download`. @param add makes a command with --server */
export function jobsCommands(
  add: (name: string, isDefault?: boolean) => Command,
  cliOf: (command: Command) => Cli,
  open: OpenPacketFile,
): void {
  const list = add('list', true);
  list
    .description('list them, with their runs')
    .argument('[name]', 'one job')
    .option('-n, --namespace <name>', 'of this namespace')
    .addOption(
      new Option('-o, --output <format>', 'one JSON object per line, or a table')
        .choices(['table', 'json'])
        .default('table'),
    )
    .addHelpText('after', help)
    .action((name: string | undefined, options: ListOptions) =>
      cliOf(list).run(() => listJobs(name ?? '', options, cliOf(list))),
    );
  const logs = file(add('logs')).description('print what the last run wrote');
  logs.action((name: string, options: FileOptions) =>
    cliOf(logs).run(() => read(name, options, cliOf(logs), () => open('-', false))),
  );
  const download = file(add('download')).description('save the file of the last run');
  download
    .option('-w, --write <file>', 'where to; its own name without it, - is standard output')
    .option('--force', 'overwrite the file if it is there')
    .action((name: string, options: FileOptions) =>
      cliOf(download).run(() =>
        read(name, options, cliOf(download), (own) =>
          open(options.write ?? `${name}-${own}`, options.force === true),
        ),
      ),
    );
}

function file(command: Command): Command {
  return command
    .argument('<name>', 'the job')
    .requiredOption('-n, --namespace <name>', 'the namespace it is in')
    .option('--run <id>', 'of this run');
}

async function listJobs(name: string, { namespace = '', output }: ListOptions, cli: Cli): Promise<number> {
  const server = await cli.connect();
  try {
    const jobs = await server.jobs(namespace, name);
    const text = output === 'json' ? jobs.map(answerJson) : tableOf(jobs);
    for (const line of text) await cli.terminal.write(`${line}\n`);
    if (jobs.length === 0) cli.terminal.warn('There are no jobs there.');
    return ExitCode.fine;
  } finally {
    server.close();
  }
}

function tableOf(jobs: readonly Job[]): string[] {
  if (jobs.length === 0) return [];
  const titles = ['NAMESPACE', 'NAME', 'STATE', 'RUN', 'STARTED', 'RESULT', 'PODS', 'FILE', 'MESSAGE'];
  const rows = jobs.flatMap((job) => {
    const [first, ...others] = job.runs.length > 0 ? job.runs : [undefined];
    return [rowOf(job, first, true), ...others.map((run) => rowOf(job, run, false))];
  });
  return table(
    titles.map((title) => ({ title })),
    rows,
  );
}

function rowOf(job: Job, run: JobRun | undefined, isFirst: boolean): string[] {
  const taken = run?.targets.filter(({ state }) => state !== 'Skipped') ?? [];
  const well = taken.filter(({ state }) => state === 'Succeeded').length;
  const { state, message, namespace, name } = job;
  return [
    ...(isFirst ? [namespace, name, state] : ['', '', '']),
    run?.id ?? '',
    timeText(run?.started ?? null),
    run ? `${run.state}${run.reason ? ` (${run.reason})` : ''}` : '',
    run ? `${well}/${taken.length}` : '',
    run?.file ? bytesText(run.fileBytes) : '',
    isFirst ? message : '',
  ].map((cell) => printable(cell, 200));
}

function timeText(moment: Moment | null): string {
  return moment ? `${rfc3339(moment).slice(0, 19)}Z` : '';
}

/** @param open where it goes; it gets the file's own name */
async function read(
  name: string,
  { namespace, run = '' }: FileOptions,
  cli: Cli,
  open: (own: string) => ReturnType<OpenPacketFile>,
): Promise<number> {
  const server = await cli.connect();
  let target: Awaited<ReturnType<OpenPacketFile>> | undefined;
  try {
    for await (const { file: own, data } of server.readFile({ namespace, name, run })) {
      if (cli.signal.aborted) return ExitCode.failed;
      if (!/^[0-9]*\.?[a-z]*$/.test(own))
        throw new SnoopyError('INTERNAL', 'The aggregator sent an odd file name.');
      target ??= await open(own);
      if (data.length > 0) await target.write(data);
    }
    return ExitCode.fine;
  } finally {
    await target?.close();
    server.close();
  }
}
