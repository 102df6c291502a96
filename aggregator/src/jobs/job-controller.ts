import type { Clock, Log } from '@snoopy/proto';
import type { KubeApi } from '../kubernetes/kube-api.js';
import type { Leader } from '../kubernetes/leader.js';
import { Reflector, type ReflectorState } from '../kubernetes/reflector.js';
import {
  answerEndpoint,
  type DataEndpoint,
  dataEndpoint,
  ENDPOINTS_PATH,
  namesEndpoint,
} from './data-endpoints.js';
import { JobKeeper, type JobParts } from './job-keeper.js';
import { JOBS_PATH, type JobObject, jobObject } from './job-object.js';
import type { AdmissionPolicy } from './job-policy.js';

const TICK_MS = 200;
const ANSWER_AGAIN_MS = 5_000;

export interface JobControllerOptions extends Omit<JobParts, 'isCollector'> {
  readonly api: KubeApi;
  readonly leader: Leader;
  readonly policy: AdmissionPolicy;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** Where clients find this aggregator, `host:port`. */
  readonly address: string;
  /** Collectors besides this aggregator that jobs may name, `host` or `host:port`. */
  readonly collectors: readonly string[];
  /** Pods, nodes and the rest are known, so that what is not found is not there. */
  readonly synced: () => boolean;
}

/** Carries out SnoopyJobs and answers SnoopyDataEndpoints, while this replica is the leader. */
export class JobController {
  readonly #options: JobControllerOptions;
  readonly #jobs: Reflector<JobObject>;
  readonly #endpoints: Reflector<DataEndpoint>;
  readonly #keepers = new Map<string, JobKeeper>();
  readonly #ending = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #led = false;

  constructor(options: JobControllerOptions) {
    this.#options = options;
    const { api, clock, random, log } = options;
    const onState = ({ problem, synced }: ReflectorState): void =>
      log.info({ synced, problem }, 'SnoopyJobs');
    this.#jobs = new Reflector({
      ...{ api, clock, random, onState, project: jobObject },
      path: `${JOBS_PATH}/snoopyjobs`,
      onChange: (key, now, before) => this.#changed(key, now, before),
    });
    this.#endpoints = new Reflector({
      ...{ api, clock, random, project: dataEndpoint },
      path: `${ENDPOINTS_PATH}/snoopydataendpoints`,
      onChange: () => {},
    });
  }

  start(): void {
    this.#jobs.start();
    this.#endpoints.start();
    this.#options.policy.start();
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
  }

  /** Ends what runs in good order: its data is kept. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#options.policy.stop();
    this.#endAll('the aggregator is going down');
    await Promise.all([this.#jobs.stop(), this.#endpoints.stop(), ...this.#ending]);
  }

  /** Every job that there is, and what is known of its runs. */
  list(): { readonly job: JobObject; readonly keeper: JobKeeper | undefined }[] {
    return [...this.#jobs.objects].map(([key, job]) => ({ job, keeper: this.#keepers.get(key) }));
  }

  get leading(): boolean {
    return this.#options.leader.isLeader;
  }

  #changed(key: string, now: JobObject | undefined, before: JobObject | undefined): void {
    const keeper = this.#keepers.get(key);
    if (keeper && now && keeper.job.uid === now.uid) keeper.job = now;
    else if (keeper) this.#end(key, keeper, 'the job was deleted', true);
    else if (!now && before && this.leading) {
      const { namespace, name } = before;
      void this.#options.files.removeAll(namespace, name).catch(() => undefined);
    }
  }

  #tick(): void {
    const { policy, synced } = this.#options;
    const leading = this.leading && this.#jobs.state.synced && policy.known && synced();
    if (this.#led && !this.leading) this.#endAll('the aggregator lost its lease');
    this.#led = this.leading;
    if (!leading) return;
    const parts = { ...this.#options, isCollector: (collector: string) => this.#isCollector(collector) };
    for (const [key, job] of this.#jobs.objects) {
      if (!this.#keepers.has(key)) this.#keepers.set(key, new JobKeeper(job, parts));
    }
    for (const keeper of this.#keepers.values()) void keeper.tick();
    this.#answerEndpoints();
  }

  #isCollector(collector: string): boolean {
    const { address, collectors } = this.#options;
    const host = collector.replace(/:\d+$/, '');
    if (collector === address || host === address.replace(/:\d+$/, '')) return true;
    return namesEndpoint(collector, this.#endpoints.objects.values()) || collectors.includes(host);
  }

  #answerEndpoints(): void {
    const { api, address, clock } = this.#options;
    for (const [key, endpoint] of this.#endpoints.objects) {
      if (endpoint.address === address) continue;
      this.#endpoints.objects.set(key, { ...endpoint, address });
      void answerEndpoint(api, endpoint, address, clock.nowUs() / 1_000).catch(() => {
        // Asked for again a little later, unless the watch has told of a change by then.
        setTimeout(() => {
          if (this.#endpoints.objects.get(key)?.uid === endpoint.uid)
            this.#endpoints.objects.set(key, endpoint);
        }, ANSWER_AGAIN_MS).unref();
      });
    }
  }

  #endAll(why: string): void {
    for (const [key, keeper] of this.#keepers) this.#end(key, keeper, why, false);
  }

  #end(key: string, keeper: JobKeeper, why: string, removed: boolean): void {
    this.#keepers.delete(key);
    const ending = keeper.end(why, removed).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}
