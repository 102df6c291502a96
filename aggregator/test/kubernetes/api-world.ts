import { builtKubernetes, ControlPlane } from '@snoopy/scripts/rig/control-plane';
import type { Test } from 'tap';
import { ApiObjects } from './api-objects.js';
import { JobObjects } from './job-objects.js';

const programs = builtKubernetes();

/** Why tests before a real API server are skipped here; false: they are not. */
export const skip =
  programs === undefined && 'Kubernetes is not built here: scripts/build-kubernetes.sh builds it';

/** A real etcd and API server, for as long as the test runs. */
export async function startApi(t: Test): Promise<{ plane: ControlPlane; objects: ApiObjects }> {
  const plane = await ControlPlane.start(programs!);
  t.teardown(() => plane.stop());
  return { plane, objects: new ApiObjects(plane) };
}

/** The same, with the chart's definitions of SnoopyJobs. */
export async function startApiWithJobs(
  t: Test,
): Promise<{ plane: ControlPlane; objects: ApiObjects; jobs: JobObjects }> {
  const { plane, objects } = await startApi(t);
  const jobs = new JobObjects(plane);
  await jobs.install();
  return { plane, objects, jobs };
}
