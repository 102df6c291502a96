import type { KubeObject } from '../kubernetes/kube-api.js';
import type { RunState } from './job-plan.js';
import type { RawJobSpec } from './job-spec.js';

export const JOBS_PATH = '/apis/job.fennecproject.io/v1alpha1';
export const JOB_VERSION = 'job.fennecproject.io/v1alpha1';

/** A SnoopyJob, as it is kept. */
export interface JobObject {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  readonly resourceVersion: string;
  readonly createdMs: number;
  readonly deleting: boolean;
  readonly spec: RawJobSpec;
  readonly status: JobStatus;
}

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
}

export interface JobStatus {
  readonly observedGeneration?: number;
  readonly state?: string;
  readonly conditions?: readonly Condition[];
  readonly matched?: number;
  readonly running?: number;
  readonly succeeded?: number;
  readonly failed?: number;
  readonly skipped?: number;
  readonly lastScheduleTime?: string;
  readonly nextScheduleTime?: string | null;
  /** The latest first. */
  readonly runs?: readonly RunStatus[];
}

export interface RunStatus {
  readonly id: string;
  readonly scheduledTime: string;
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly state: RunState;
  readonly reason?: string;
  readonly message?: string;
  readonly file?: string;
  readonly fileBytes?: number;
  readonly targets?: readonly TargetStatus[];
  /** Targets that have no room in the list. */
  readonly targetsOmitted?: number;
}

export interface TargetStatus {
  readonly namespace: string;
  readonly pod: string;
  readonly node?: string;
  readonly state: 'Running' | 'Succeeded' | 'Failed' | 'Skipped';
  readonly packets?: number;
  readonly bytes?: number;
  readonly dropped?: number;
  readonly exitCode?: number;
  readonly error?: string;
}

export function jobObject(object: KubeObject): JobObject {
  const { metadata = {} } = object;
  const { spec = {}, status = {} } = object as { spec?: RawJobSpec; status?: JobStatus };
  return {
    uid: metadata.uid ?? '',
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    generation: metadata.generation ?? 0,
    resourceVersion: metadata.resourceVersion ?? '',
    createdMs: Date.parse(metadata.creationTimestamp ?? '') || 0,
    deleting: metadata.deletionTimestamp !== undefined,
    spec,
    status,
  };
}

export function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

export function timeOf(text: string | undefined): number {
  return text === undefined ? 0 : Date.parse(text) || 0;
}
