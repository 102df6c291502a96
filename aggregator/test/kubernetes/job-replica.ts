import { join } from 'node:path';
import { type Clock, createLog, systemClock } from '@snoopy/proto';
import type { ControlPlane } from '@snoopy/scripts/rig/control-plane';
import { DiskRunFiles } from '../../src/jobs/disk-run-files.js';
import { JobCluster } from '../../src/jobs/job-cluster.js';
import { JobController } from '../../src/jobs/job-controller.js';
import { AdmissionPolicy } from '../../src/jobs/job-policy.js';
import { JobTotals } from '../../src/jobs/job-totals.js';
import { JobWriter } from '../../src/jobs/job-writer.js';
import { EventWriter } from '../../src/kubernetes/event-writer.js';
import { openKubeApi } from '../../src/kubernetes/https-kube-api.js';
import { Kubernetes } from '../../src/kubernetes/kubernetes.js';
import { Leader } from '../../src/kubernetes/leader.js';
import { PodIndex } from '../../src/pods/pod-index.js';
import { FakeAgents } from '../fakes/fake-agents.js';

const log = createLog('test', 'silent');

/** An aggregator's part that carries out jobs. */
export async function replica(
  plane: ControlPlane,
  folder: string,
  name: string,
  agents = new FakeAgents(),
  clock: Clock = systemClock,
) {
  const api = await openKubeApi(plane.kubeconfig);
  const index = new PodIndex();
  index.syncClocks(clock.monotonicMs(), clock.nowUs());
  // Agents see what the API tells of.
  agents.pods = () =>
    [...index.records()].flatMap(({ entry }) => (agents.connected.has(entry.node) ? [entry] : []));
  const random = Math.random;
  const kubernetes = new Kubernetes({ api, index, sessions: () => [], clock, log, random });
  const files = new DiskRunFiles(join(folder, 'jobs'), 1e9);
  const leader = new Leader(api, clock, 'default', 'snoopy-aggregator', name);
  const totals = new JobTotals();
  const policy = new AdmissionPolicy(api, '', log);
  const jobs = new JobController({
    ...{ api, clock, log, random, files, totals },
    leader,
    cluster: new JobCluster(kubernetes.cluster, index, agents, { policy, namespaces: ['*'] }),
    policy,
    writer: new JobWriter(api, new EventWriter(api, clock, `${name}-00000000`)),
    header: { hardware: 'test', os: 'test', application: 'snoopy test' },
    address: 'snoopy-aggregator.snoopy:4245',
    collectors: [],
    synced: () => kubernetes.synced,
  });
  kubernetes.start();
  jobs.start();
  leader.start();
  const stop = async () => {
    await jobs.stop();
    await leader.stop();
    await kubernetes.stop();
  };
  return { agents, jobs, kubernetes, index, files, totals, stop };
}
