import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ControlPlane } from '@snoopy/scripts/rig/control-plane';
import type { JobStatus } from '../../src/jobs/job-object.js';

const crds = fileURLToPath(new URL('../../../../charts/snoopy/definitions/', import.meta.url));

/** SnoopyJobs in a real API server, with the chart's own definitions. */
export class JobObjects {
  constructor(readonly plane: ControlPlane) {}

  /** Makes the two kinds known, and waits until they are served. */
  async install(): Promise<void> {
    for (const name of ['snoopyjobs.job', 'snoopydataendpoints.data']) {
      const text = readFileSync(`${crds}${name}.fennecproject.io.yaml`, 'utf8');
      const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
      await this.plane.send('POST', path, text, 'application/yaml');
    }
    for (const path of [this.path('default'), this.path('default', 'data')]) {
      for (let left = 100; left > 0; left--) {
        if (
          await this.plane.call('GET', path).then(
            () => true,
            () => false,
          )
        )
          break;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  path(namespace: string, kind: 'job' | 'data' = 'job'): string {
    const plural = kind === 'job' ? 'snoopyjobs' : 'snoopydataendpoints';
    return `/apis/${kind}.fennecproject.io/v1alpha1/namespaces/${namespace}/${plural}`;
  }

  /** Applies YAML as a person's file has it. */
  async apply(yaml: string, namespace = 'default', kind: 'job' | 'data' = 'job'): Promise<void> {
    await this.plane.send('POST', this.path(namespace, kind), yaml, 'application/yaml');
  }

  async create(name: string, spec: object, namespace = 'shop'): Promise<void> {
    const kind = { apiVersion: 'job.fennecproject.io/v1alpha1', kind: 'SnoopyJob' };
    await this.plane.call('POST', this.path(namespace), { ...kind, metadata: { name }, spec });
  }

  async patch(name: string, spec: object, namespace = 'shop'): Promise<void> {
    const path = `${this.path(namespace)}/${name}`;
    await this.plane.call('PATCH', path, { spec }, 'application/merge-patch+json');
  }

  async status(name: string, namespace = 'shop'): Promise<JobStatus> {
    const job = await this.plane.call<{ status?: JobStatus }>('GET', `${this.path(namespace)}/${name}`);
    return job.status ?? {};
  }

  /** Reasons of the Events about a job. */
  async events(name: string, namespace = 'shop'): Promise<string[]> {
    const { items } = await this.plane.call<{
      items: { reason: string; involvedObject: { name: string } }[];
    }>('GET', `/api/v1/namespaces/${namespace}/events`);
    return items.filter(({ involvedObject }) => involvedObject.name === name).map(({ reason }) => reason);
  }

  /** Waits until a job's status is as wanted. */
  async until(name: string, wanted: (status: JobStatus) => boolean, namespace = 'shop'): Promise<JobStatus> {
    for (const end = Date.now() + 20_000; ; ) {
      const status = await this.status(name, namespace);
      if (wanted(status)) return status;
      if (Date.now() > end) throw new Error(`${name}: waited in vain: ${JSON.stringify(status)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
