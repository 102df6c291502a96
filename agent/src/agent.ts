import {
  type AgentReportMessage,
  type Clock,
  type ControlResponse,
  type HelloMessage,
  type Log,
  type PodMessage,
  parse,
} from '@snoopy/proto';
import { type AgentConfig, policyOf } from './config.js';
import { Heartbeat } from './heartbeat.js';
import { type Health, HttpServer } from './http/http-server.js';
import { MetricsPage } from './http/metrics-page.js';
import { type AgentNumbers, metricsPage, type ProcessNumbers } from './metrics.js';
import { openEngine } from './open-engine.js';
import { openPodSource } from './pods/open-pod-source.js';
import type { PodSource, SourceState } from './pods/pod-source.js';
import { createPodtracer } from './podtracer/create-podtracer.js';
import type { Podtracer } from './podtracer/podtracer.js';
import { TaskRunner } from './task/task-runner.js';
import { Tidy } from './tidy.js';
import { BatchRing } from './uplink/batch-ring.js';
import { ControlSender } from './uplink/control-sender.js';
import { FlowBatcher } from './uplink/flow-batcher.js';
import { FlowPump } from './uplink/flow-pump.js';
import { FlowSender } from './uplink/flow-sender.js';
import { Link } from './uplink/link.js';
import { LossCounter } from './uplink/loss-counter.js';
import { ownLinks, withoutOwnLinks } from './uplink/own-links.js';
import { PacketSender } from './uplink/packet-sender.js';
import type { FlowEngine } from './watch/flow-engine.js';
import { RingBudget } from './watch/ring-budget.js';
import type { PacketLedger } from './watch/run-account.js';
import { Watcher } from './watch/watcher.js';

/** What has changed is told this often. */
const changesMs = 1_000;
/** The aggregator gets a report at least this often. */
const reportMs = 5_000;
/** When there is nothing to do, memory is given back this often at most. */
const tidyMs = 10_000;
/** Shutdown: how long rows may take to be acknowledged. */
const flushMs = 5_000;
/** Shutdown: how long the other side may take to close the streams. */
const closeMs = 1_000;

export interface AgentOptions {
  readonly config: AgentConfig;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Makes hash collisions in the flow table unpredictable. */
  readonly seed: number;
}

/** The whole agent, put together: pods → captures → flow table → batches → aggregator. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #epoch: number;
  readonly #losses: LossCounter;
  readonly #engine: FlowEngine;
  readonly #ring: BatchRing;
  readonly #batcher: FlowBatcher;
  readonly #flows: FlowSender;
  readonly #packets = new PacketSender();
  readonly #control = new ControlSender();
  readonly #pump: FlowPump;
  readonly #link: Link;
  readonly #source: PodSource;
  readonly #watcher: Watcher;
  readonly #tasks: TaskRunner;
  readonly #http: HttpServer | undefined;
  readonly #heartbeat: Heartbeat;
  readonly #tidy = new Tidy(() => this.#engine.trim());
  #stopSource: (() => void) | undefined;
  #sourceState: SourceState = { ok: false, source: '', message: 'the pods are not known yet' };
  #pods: readonly PodMessage[] = [];
  #decoded = 0;
  #ownFilter = '';
  #reported = '';

  constructor(options: AgentOptions) {
    const { config, clock, log } = options;
    this.#options = options;
    this.#epoch = clock.nowUs();
    this.#losses = new LossCounter(config['node-name']);
    const ledger: PacketLedger = {
      decoded: (packets) => {
        this.#decoded += packets;
      },
      lost: (stage, reason, unit, count) => this.#losses.add(stage, reason, unit, count),
    };
    this.#source = openPodSource(config.pods);
    const podtracer = createPodtracer(this.#source, { clock });
    const rings = new RingBudget(Math.floor(config['packet-memory'] / 1_024));
    const shared = { podtracer, rings, ringKiB: Math.floor(config['packet-ring'] / 1_024) };
    this.#engine = openEngine({ ...options, ...shared, ledger });
    this.#ring = new BatchRing(config['uplink-memory'], (batch) => {
      this.#losses.giveBack(batch.lost);
      this.#losses.add('uplink', 'full', 'LOSS_UNIT_RECORDS', batch.rows);
    });
    this.#batcher = new FlowBatcher(this.#engine, this.#ring, this.#losses, this.#epoch);
    this.#flows = new FlowSender(this.#ring);
    this.#heartbeat = new Heartbeat(clock, this.#engine.bell);
    this.#pump = new FlowPump(this.#engine, this.#batcher, this.#flows, clock, this.#heartbeat, () =>
      this.#engine.collect(),
    );
    this.#link = this.#newLink();
    this.#watcher = this.#newWatcher(podtracer);
    const tools = {
      ...shared,
      hostNetwork: config['host-network'],
      policy: policyOf(config),
      packets: this.#packets,
      clock,
      find: (uid: string) => this.#watcher.find(uid),
      withoutOwnLink: (filter: string) => withoutOwnLinks(filter, this.#ownFilter),
    };
    this.#tasks = new TaskRunner(tools, log, (report) => this.#control.task(report));
    this.#http = config.http ? new HttpServer(this.#httpParts()) : undefined;
  }

  /** Starts everything, sinks first. Throws when the HTTP address cannot be had. */
  async start(): Promise<void> {
    const { config, log } = this.#options;
    if (this.#http) log.info({ http: await this.#http.listen(config.http!) }, 'listening');
    this.#link.start();
    this.#pump.start();
    const heart = this.#heartbeat;
    heart.every(0, (nowMs) => this.#pump.beat(nowMs));
    heart.every(this.#engine.tickMs, () => {
      this.#watcher.tick();
      this.#engine.tick();
    });
    heart.every(changesMs, () => this.#reportChanges());
    heart.every(tidyMs, () => heart.resting && this.#tidy.rest());
    heart.every(reportMs, () => this.#control.report(() => this.#report()));
    heart.start();
    if (this.#engine.early && config.flows !== 'off') this.#source.namespaces?.(this.#engine.early);
    this.#stopSource = this.#source.watch(
      (pods) => this.#watcher.pods(pods),
      (state) => this.#sourceChanged(state),
    );
  }

  /** Stops everything, sources first: what was seen still leaves, as far as the aggregator takes it in time. */
  async stop(): Promise<void> {
    this.#stopSource?.();
    this.#heartbeat.stop();
    await Promise.all([this.#tasks.stopAll(), this.#watcher.stop()]);
    this.#source.close();
    this.#pump.stop();
    this.#engine.collect();
    this.#engine.shutdown();
    this.#pump.drainAll();
    this.#batcher.tellLosses();
    this.#flows.pump();
    await this.#untilDelivered();
    this.#control.report(() => this.#report());
    await this.#link.stop(closeMs);
    this.#http?.close();
    this.#engine.close();
    const { rows } = this.#ring;
    this.#options.log[rows > 0 ? 'warn' : 'info']({ notDelivered: rows }, 'stopped');
  }

  #newLink(): Link {
    const { config, log } = this.#options;
    const options = {
      address: parse.hostPortText(config.aggregator),
      files: { tlsDir: config['tls-dir'], tokenFile: config['token-file'] },
      serverName: config['tls-server-name'],
      agent: config['node-name'],
      epoch: this.#epoch,
      log,
    };
    return new Link(options, {
      hello: () => this.#hello(),
      up: (streams, _welcome, peer) => {
        const own = ownLinks(peer);
        this.#ownFilter = own.filter;
        this.#engine.setExcluded(own.links);
        this.#control.attach(streams.control);
        this.#packets.attach(streams.packets);
        this.#flows.attach(streams.flows);
        this.#control.report(() => this.#report());
        log.info({ filter: own.filter }, 'own connections are left out of everything');
      },
      down: () => {
        this.#control.detach();
        this.#flows.detach();
        this.#packets.detach();
        void this.#tasks.stopAll();
      },
      control: (message) => this.#obey(message),
      flowAck: ({ sequence }) => this.#flows.acknowledge(Math.min(sequence, this.#batcher.sequence)),
      packetAck: ({ bytes }) => this.#packets.acknowledge(bytes),
    });
  }

  #newWatcher(podtracer: Podtracer) {
    const { config, clock, log } = this.#options;
    return new Watcher({
      podtracer,
      taps: this.#engine.taps,
      interfaces: (target) => this.#engine.interfaces(target),
      early: this.#engine.early,
      hostNetwork: config['host-network'],
      clock,
      log,
      only: config.interfaces,
      selection: {
        selector: config.select,
        namespaces: config.namespaces,
        hostNetwork: config['host-network'],
        flows: config.flows !== 'off',
      },
      onPods: (pods) => {
        this.#pods = pods;
        this.#control.pods(pods);
      },
    });
  }

  #obey(message: ControlResponse): void {
    if (message.clock) {
      const { id, sentUs } = message.clock;
      const nowUs = this.#options.clock.nowUs();
      this.#control.clock({ id, sentUs, receivedUs: nowUs, repliedUs: nowUs });
    } else if (message.selection) {
      const { selected, others } = message.selection;
      this.#watcher.select(
        new Map([
          ...selected.map((uid) => [uid, true] as const),
          ...others.map((uid) => [uid, false] as const),
        ]),
      );
    } else if (message.start) this.#tasks.start(message.start);
    else if (message.stop) this.#tasks.stop(message.stop.id);
  }

  #hello(): HelloMessage {
    const { config, version, clock } = this.#options;
    return {
      agent: config['node-name'],
      epoch: this.#epoch,
      version,
      clockUs: clock.nowUs(),
      tasks: this.#tasks.reports(),
      nextSequence: this.#ring.oldest ?? this.#batcher.sequence,
      selector: config.select.text,
      namespaces: [...config.namespaces],
    };
  }

  #report(): AgentReportMessage {
    const { taken, most } = this.#rings;
    return {
      rowsSeen: this.#batcher.sequence,
      rowsDelivered: this.#ring.delivered,
      rowsQueued: this.#ring.rows,
      rowsLost: this.#ring.lost,
      packets: this.#decoded,
      flows: this.#engine.live,
      packetRings: taken,
      packetRingsMax: most,
      countedBy: this.#countedBy,
      lost: this.#losses.totals(),
    };
  }

  /** How flows are counted, and why. */
  get #countedBy(): string {
    const { kind, why } = this.#engine;
    return this.#options.config.flows === 'off' ? 'off: --flows off' : `${kind}: ${why}`;
  }

  /** Losses and rings are told at once, everything else with the next regular report. */
  #reportChanges(): void {
    const { lost, packetRings } = this.#report();
    const text = JSON.stringify([lost, packetRings]);
    if (text === this.#reported) return;
    this.#reported = text;
    this.#control.report(() => this.#report());
  }

  /** Packet rings that watched interfaces hold. */
  get #rings(): { readonly taken: number; readonly most: number } {
    return this.#engine.kind === 'packets' ? this.#watcher.taps : { taken: 0, most: 0 };
  }

  #sourceChanged(state: SourceState): void {
    if (state.ok !== this.#sourceState.ok || state.source !== this.#sourceState.source) {
      this.#options.log[state.ok ? 'info' : 'warn'](
        { pods: state.source, state: state.message },
        'source of pods',
      );
    }
    this.#sourceState = state;
  }

  #httpParts() {
    return {
      metrics: () => ({ type: MetricsPage.type, text: metricsPage(this.#numbers()) }),
      readiness: (): Health => {
        const { ok, message, source } = this.#sourceState;
        const link = this.#link.up;
        const lines = [
          `pods: ${ok ? 'ok' : 'not ok'}: ${source} ${message}`,
          `aggregator: ${link ? 'connected' : 'not connected'}`,
        ];
        return { ok: ok && link, lines };
      },
    };
  }

  #numbers(): AgentNumbers {
    const { live, capacity } = this.#engine;
    const { counters } = this.#engine.table;
    const pods = new Map<string, number>();
    for (const { state } of this.#pods) {
      const word = String(state).replace('WATCH_STATE_', '').toLowerCase();
      pods.set(word, (pods.get(word) ?? 0) + 1);
    }
    return {
      version: this.#options.version,
      connected: this.#link.up,
      rows: {
        made: this.#batcher.sequence,
        delivered: this.#ring.delivered,
        queued: this.#ring.rows,
        lost: this.#ring.lost,
      },
      uplinkBytes: this.#ring.bytes,
      packets: this.#decoded,
      packetBytes: counters.seenBytes,
      excludedPackets: counters.excludedPackets,
      flows: live,
      flowCapacity: capacity,
      rings: this.#rings,
      gears: this.#watcher.gears,
      pods,
      blindSeconds: this.#watcher.blindMs / 1_000,
      tasks: this.#tasks.size,
      lost: this.#losses.totals(),
      process: this.#process(),
      kernel: this.#engine.work,
    };
  }

  #process(): ProcessNumbers {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    return {
      userSeconds: user / 1e6,
      systemSeconds: system / 1e6,
      residentBytes: rss,
      heapUsedBytes: heapUsed,
      startTimeSeconds: this.#epoch / 1e6,
    };
  }

  async #untilDelivered(): Promise<void> {
    const { clock } = this.#options;
    const deadlineMs = clock.monotonicMs() + flushMs;
    while (this.#ring.rows > 0 && this.#link.up && clock.monotonicMs() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
