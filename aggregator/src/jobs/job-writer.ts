import type { EventWriter } from '../kubernetes/event-writer.js';
import { accepted, type KubeApi } from '../kubernetes/kube-api.js';
import { JOB_VERSION, JOBS_PATH, type JobObject, type JobStatus } from './job-object.js';

const MERGE_PATCH = 'application/merge-patch+json';

/** Writes what becomes of jobs into the API. */
export class JobWriter {
  constructor(
    readonly api: KubeApi,
    readonly events: EventWriter,
  ) {}

  /**
   * Rejects with KubeError.
   * @param unchanged refuse when somebody has changed the job since it was read
   */
  async status(job: JobObject, status: JobStatus, unchanged: boolean): Promise<void> {
    const metadata = unchanged ? { resourceVersion: job.resourceVersion, uid: job.uid } : { uid: job.uid };
    accepted(
      await this.api.request({
        method: 'PATCH',
        path: `${pathOf(job)}/status`,
        contentType: MERGE_PATCH,
        body: { metadata, status },
      }),
    );
  }

  async remove(job: JobObject): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: job.uid } };
    accepted(await this.api.request({ method: 'DELETE', path: pathOf(job), body }));
  }

  event(job: JobObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { namespace, name, uid } = job;
    this.events.write(
      { apiVersion: JOB_VERSION, kind: 'SnoopyJob', namespace, name, uid },
      type,
      reason,
      message,
    );
  }
}

function pathOf({ namespace, name }: JobObject): string {
  return `${JOBS_PATH}/namespaces/${namespace}/snoopyjobs/${name}`;
}
