import { createReadStream } from 'node:fs';
import type * as grpc from '@grpc/grpc-js';
import {
  type JobMessage,
  JobsClient,
  type ListJobsRequest,
  type ListJobsResponseMessage,
  type Log,
  type ReadFileRequest,
  type ReadFileResponseMessage,
  SnoopyError,
} from '@snoopy/proto';
import type { Access, Grant } from '../access/access.js';
import { timestamp } from '../observe/timestamp.js';
import { admit, statusOf } from '../server/admission.js';
import { callerOf } from '../server/caller.js';
import type { RunService } from '../tools/run-service.js';
import type { JobController } from './job-controller.js';
import type { JobKeeper } from './job-keeper.js';
import { type JobObject, type RunStatus, timeOf } from './job-object.js';
import type { RunFiles } from './run-file.js';

const PIECE = 256 << 10;

type ReadCall = grpc.ServerWritableStream<ReadFileRequest, ReadFileResponseMessage>;
type ListCall = grpc.ServerUnaryCall<ListJobsRequest, ListJobsResponseMessage>;

export interface JobsServiceParts {
  /** Absent without Kubernetes. */
  readonly jobs: JobController | undefined;
  readonly files: RunFiles;
  readonly runs: RunService;
  readonly access: Access;
  readonly log: Log;
}

/** Adds snoopy.v1.Jobs to a server. */
export function addJobs(server: grpc.Server, parts: JobsServiceParts): void {
  const { runs, access, log } = parts;
  server.addService(JobsClient.service, {
    Run: (call: Parameters<RunService['run']>[0]) => runs.run(call),
    ListJobs: (call: ListCall, callback: grpc.sendUnaryData<ListJobsResponseMessage>) => {
      const { namespace, name } = call.request;
      const permissions = [{ verb: 'get' as const, resource: 'packetcaptures' }];
      const ask = { call: 'ListJobs', permissions, namespaces: namespace === '' ? [] : [namespace] };
      access
        .client(callerOf(call), ask)
        .then((grant) => {
          grant.end(0);
          const found = controller(parts).list();
          const jobs = found.filter(
            ({ job }) => isAskedFor(job, namespace, name) && grant.scope.sees(job.namespace),
          );
          callback(null, { jobs: jobs.map(({ job, keeper }) => message(job, keeper)) });
        })
        .catch((error: unknown) => callback(statusOf(error, log)));
    },
    ReadFile: (call: ReadCall) => void admit(call, allowRead(parts, call), log, (read) => void read.send()),
  });
}

function controller({ jobs }: JobsServiceParts): JobController {
  if (jobs) return jobs;
  throw new SnoopyError(
    'UNSUPPORTED',
    'SnoopyJobs need Kubernetes: this aggregator runs without it. snoopy run and snoopy capture work here.',
  );
}

/** What a file holds is of the pods that it is of, wherever they are: the right is needed in all of their namespaces. */
async function allowRead(parts: JobsServiceParts, call: ReadCall) {
  const { namespace, name, run } = call.request;
  const found = controller(parts)
    .list()
    .find(({ job }) => job.namespace === namespace && job.name === name);
  const all = found ? (found.keeper?.runs ?? found.job.status.runs ?? []) : [];
  const wanted = all.find((one) => (run === '' ? one.file !== undefined : one.id === run));
  const namespaces = [...new Set([namespace, ...(wanted?.targets ?? []).map((target) => target.namespace)])];
  const permissions = [{ verb: 'get' as const, resource: 'packetcaptures/packets' }];
  const ask = { call: 'ReadFile', permissions, namespaces, details: { job: name, run } };
  const grant = await parts.access.client(callerOf(call), ask);
  return { end: (bytes: number) => grant.end(bytes), send: () => send(call, parts, grant, wanted) };
}

async function send(
  call: ReadCall,
  { files, log }: JobsServiceParts,
  grant: Grant,
  run: RunStatus | undefined,
): Promise<void> {
  let bytes = 0;
  try {
    const { namespace, name } = call.request;
    const file = run && (await files.find(namespace, name, run.id));
    if (!file)
      throw new SnoopyError(
        'NOT_FOUND',
        `${namespace}/${name} has no file of that run here; snoopy jobs lists them.`,
      );
    call.write({ file: file.name });
    for await (const data of createReadStream(file.path, { highWaterMark: PIECE })) {
      if (call.cancelled) break;
      bytes += (data as Buffer).length;
      if (!call.write({ data: data as Buffer }))
        await new Promise((resolve) => call.once('drain', resolve).once('close', resolve));
    }
    call.end();
  } catch (error) {
    call.emit('error', statusOf(error, log));
  } finally {
    grant.end(bytes);
  }
}

function isAskedFor(job: JobObject, namespace: string, name: string): boolean {
  return (namespace === '' || job.namespace === namespace) && (name === '' || job.name === name);
}

function message(job: JobObject, keeper: JobKeeper | undefined): JobMessage {
  const { status } = job;
  const summary = keeper?.summary;
  const condition = status.conditions?.find((one) => one.status === 'True' && one.type !== 'Accepted');
  const next = timeOf(status.nextScheduleTime ?? undefined);
  return {
    namespace: job.namespace,
    name: job.name,
    state: summary?.state ?? status.state ?? 'Pending',
    reason: summary?.reason ?? condition?.reason ?? '',
    message: summary?.message ?? condition?.message ?? '',
    schedule: job.spec.schedule ?? '',
    ...(next > 0 ? { nextRun: timestamp(next * 1_000) } : {}),
    runs: (keeper?.runs ?? status.runs ?? []).map(runMessage),
  };
}

function runMessage(run: RunStatus) {
  const time = (text: string | undefined) => (text ? timestamp(timeOf(text) * 1_000) : null);
  return {
    id: run.id,
    scheduled: time(run.scheduledTime),
    started: time(run.startTime),
    ended: time(run.completionTime),
    state: run.state,
    reason: run.reason ?? '',
    file: run.file ?? '',
    fileBytes: run.fileBytes ?? 0,
    targets: [...(run.targets ?? [])],
  };
}
