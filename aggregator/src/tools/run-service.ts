import type { ServerDuplexStream } from '@grpc/grpc-js';
import {
  type Clock,
  type Log,
  type RunRequest,
  type RunResponseMessage,
  type RunStart,
  SnoopyError,
} from '@snoopy/proto';
import type { Access, Grant } from '../access/access.js';
import { argvHash } from '../access/audit.js';
import { captureSpec, matchesPod, nothingMatches } from '../capture/capture-spec.js';
import type { Agents } from '../ingest/agents.js';
import { VisibleAgents } from '../ingest/visible-agents.js';
import type { PodEntry } from '../pods/pod-entry.js';
import { admit } from '../server/admission.js';
import { callerOf } from '../server/caller.js';
import { ToolSession } from './tool-session.js';

const MOST_RUNS = 16;
const MOST_PODS = 500;
const TICK_MS = 200;
const TOOL = /^[a-z0-9][a-z0-9._-]{0,39}$/;

type RunCall = ServerDuplexStream<RunRequest, RunResponseMessage>;

/** `Run` of job.proto: a tool in many pods at once, its output as it comes. */
export class RunService {
  #running = 0;
  #number = 0;

  /** @param instance makes task ids unique across starts of the aggregator */
  constructor(
    readonly agents: Agents,
    readonly clock: Clock,
    readonly log: Log,
    readonly instance: string,
    readonly access: Access,
  ) {}

  run(call: RunCall): void {
    let session: ToolSession | undefined;
    let asked = false;
    let stopped = false;
    const stop = () => {
      stopped = true;
      session?.stop(this.clock.monotonicMs());
    };
    call.on('data', (request: RunRequest) => {
      if (request.stop) return stop();
      if (!request.start || asked)
        return fail(call, new SnoopyError('BAD_INPUT', 'Send one start, then stop.'));
      asked = true;
      const { start } = request;
      void admit(call, this.#allow(call, start), this.log, (grant) => {
        let bytes = 0;
        session = this.#start(call, start, new VisibleAgents(this.agents, grant.scope, false), (sent) => {
          bytes += sent;
        });
        call.once('close', () => grant.end(bytes));
        grant.keep((error) => fail(call, error));
        if (stopped) stop();
      });
    });
    for (const event of ['end', 'cancelled', 'error']) call.on(event, stop);
  }

  async #allow(call: RunCall, start: RunStart): Promise<Grant> {
    const { tool, namespace, pods, selector } = start;
    if (!TOOL.test(tool))
      throw new SnoopyError('BAD_INPUT', 'That cannot be the name of a tool: snoopy run --help names them.');
    return this.access.client(callerOf(call), {
      call: 'Run',
      permissions: [{ verb: 'create', resource: `tools/${tool}` }],
      namespaces: namespace === '' ? [] : [namespace],
      details: { tool, pods: pods.slice(0, 20).join(','), selector, argv: argvHash(start) },
    });
  }

  #start(call: RunCall, start: RunStart, agents: Agents, onBytes: (bytes: number) => void): ToolSession {
    const pods = this.#pods(start, agents);
    const session = new ToolSession(this.agents, ({ namespace, name }, data, errors, done) => {
      onBytes(data.length);
      const output = { namespace, pod: name, data, errors };
      if (call.destroyed || call.write({ output })) done();
      else call.once('drain', done);
    });
    const { tool, args, maxSeconds } = start;
    this.#running++;
    session.start(pods, { tool, args, maxSeconds }, `run-${this.instance}-${this.#number++}`);
    call.write({ started: progress(session) });
    const timer = setInterval(() => {
      session.tick(this.clock.monotonicMs());
      if (!session.ended) return;
      clearInterval(timer);
      this.#running--;
      session.forget();
      if (call.destroyed) return;
      call.write({ finished: progress(session) });
      call.end();
    }, TICK_MS);
    return session;
  }

  #pods(start: RunStart, agents: Agents): PodEntry[] {
    if (this.#running >= MOST_RUNS)
      throw new SnoopyError('LIMIT', `${MOST_RUNS} tools are running, which is the most; stop one of them.`);
    const { namespace, pods, selector, maxSeconds } = start;
    const none = { interfaces: [], filter: '', snaplen: 0, maxPackets: 0, maxBytes: 0 };
    const spec = captureSpec({ namespace, pods, selector, maxSeconds, ...none });
    const all = [...agents.pods()];
    const matching = all.filter((pod) => matchesPod(spec, pod));
    const connected = agents.statuses().filter((agent) => agent.connected).length;
    if (matching.length === 0) throw nothingMatches(spec, all, connected);
    if (matching.length > MOST_PODS)
      throw new SnoopyError(
        'LIMIT',
        `${matching.length} pods match, the most is ${MOST_PODS}: select fewer.`,
      );
    return matching;
  }
}

function progress(session: ToolSession) {
  const targets = [...session.targets.values()].map(({ pod, done, exitCode, error }) => ({
    namespace: pod.namespace,
    pod: pod.name,
    node: pod.node,
    done,
    exitCode,
    error,
  }));
  return { targets };
}

function fail(call: RunCall, error: SnoopyError): void {
  call.emit('error', { code: error.grpcCode, details: error.message });
}
