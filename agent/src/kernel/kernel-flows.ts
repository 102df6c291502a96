import { type FlowColumns, type PodRef, Protocol } from '@snoopy/proto';
import type { Decoded } from '../decode/decoded.js';
import type { CaptureOptions, ExcludedLink, FlowTable } from '../flow/flow-table.js';
import type { InterfaceInfo } from '../podtracer/interface-info.js';
import { addressesOf } from '../watch/address-bytes.js';
import type { KernelWork } from '../watch/flow-engine.js';
import type { PacketLedger } from '../watch/run-account.js';
import { Batch } from './batch.js';
import { CountedRows, rowOf } from './counted-rows.js';
import { type EarlyFlows, EarlyPods } from './early-pods.js';
import { FLOW_ROW_ENDS, type FlowMap, FlowRow } from './flow-row.js';
import { FrameIngest } from './frame-ingest.js';
import { HelloRows } from './hello-rows.js';
import { KernelLosses } from './kernel-losses.js';
import { KernelPods, type WatchedPod } from './kernel-pods.js';
import { NewsRows } from './news-rows.js';
import type { KernelCounts, LinkKind, NamespaceVisits, NodeKernel, Pass, Place } from './node-kernel.js';
import { PodRows } from './pod-rows.js';
import { SocketFlag, SocketRow, SocketRowKind } from './socket-row.js';

/** Living connections and long flows are read at multiples of this, so that both ends' windows agree. */
const windowUs = 5_000_000;
/** A walk over empty maps takes 1 ms. Where the counts say that there is nothing only one of so many is made. */
const everyPassOf = 12;
/** Flows that no socket counts are looked for after this time, and losses too: at each beat of an agent at rest. */
const lookUs = 900_000;
/** Frames decoded in one go, about 1 ms. */
const framesAtOnce = 2_000;
/** Nothing came for so long: the flow is over. */
const idleMs = 30_000;
/** The same when the maps are nearly full. */
const crowdedIdleMs = 1_000;

/** One interface of a pod. */
export interface KernelTarget extends CaptureOptions {
  /** Descriptor of the pod's network namespace; open until attach() resolves. */
  readonly netns: number;
  readonly link: LinkKind;
  /** Where it can be entered again. */
  readonly place: Place;
}

/** An interface that is watched. */
export interface Attachment {
  readonly links: readonly number[];
  /** Of what interfaces and addresses there were when it was attached. */
  readonly mark: string;
  /** False when the interface is gone, or somebody has removed what was attached; looks at one link each time. */
  isThere(): Promise<boolean>;
  setAddresses(addresses: readonly Uint8Array[]): void;
  /** Nothing is counted any more when it returns; the last rows come with the next passes. Resolves when nothing is left. */
  detach(nowUs: number): Promise<void>;
}

/**
 * Rows from the kernel's counters: connections that opened or ended as soon as they do, living ones and the flows of
 * other protocols once per window. Rings and maps are the queue; rows are made when a batch has room for them. What
 * needs a decoder (DNS, ICMP errors, fragments) comes as copied frames and goes through the flow table.
 */
export class KernelFlows implements EarlyFlows {
  /** Namespaces that are watched before anybody says whose they are. */
  readonly early: EarlyPods;
  readonly #batch = new Batch();
  readonly #news = new NewsRows(this.#batch);
  readonly #rows: PodRows;
  readonly #frames: FrameIngest;
  readonly #countedRows: CountedRows;
  readonly #helloRows: HelloRows;
  readonly #pods: KernelPods;
  readonly #losses: KernelLosses;
  readonly #podOf = (number: number): PodRef | undefined => this.#pods.get(number)?.pod;
  #closed = false;
  #missed = 0;
  #window = 0;
  #nowUs = 0;
  #lookedUs = 0;
  #fullPassDue = false;
  #flowsSeen = 0;
  /** Read once a second. */
  #counts: KernelCounts;

  /**
   * @param table decodes and counts what is copied
   * @param monotonicUs CLOCK_MONOTONIC in microseconds
   */
  constructor(
    private readonly kernel: NodeKernel,
    private readonly visits: NamespaceVisits,
    private readonly table: FlowTable,
    ledger: PacketLedger,
    private readonly monotonicUs: () => number,
  ) {
    this.#counts = kernel.counts();
    this.#pods = new KernelPods(kernel, table);
    this.#losses = new KernelLosses(ledger);
    const captureOf = (number: number) => this.#pods.get(number)?.captureId;
    this.early = new EarlyPods(this, visits, () => monotonicUs() / 1_000);
    this.#countedRows = new CountedRows(table, captureOf);
    const podOf = (number: number): WatchedPod | undefined => this.#pods.get(number);
    this.#rows = new PodRows(this.#batch, this.#news.errors, this.#countedRows, podOf);
    const { excluded } = this.#rows.sockets;
    this.#helloRows = new HelloRows(kernel.hellos, this.#batch, excluded, kernel.sockets);
    this.#frames = new FrameIngest(kernel.frames, table, captureOf, this.#rows.held, {
      refused: (packet, pod) => this.#news.refused(packet, pod),
      unreachable: (packet, pod) => this.#news.unreachable(packet, pod),
      ending: (packet, pod) => this.#takeCounted(packet, pod),
    });
  }

  /** Pods that can be watched besides those that are. */
  get free(): number {
    return this.#pods.free;
  }

  /** How full the programs' maps are. */
  get maps(): KernelWork['maps'] {
    const { connections, flows } = this.#counts;
    return [
      { map: 'connections', entries: connections, capacity: this.kernel.connectionCapacity },
      { map: 'flows', entries: flows, capacity: this.kernel.flowCapacity },
    ];
  }

  /** Connections and flows that are remembered. */
  get live(): number {
    const { connections, flows } = this.#counts;
    return this.table.live + connections + flows;
  }

  get capacity(): number {
    return this.table.capacity + this.kernel.connectionCapacity + this.kernel.flowCapacity;
  }

  /** Watches a pod's interface. Throws SnoopyError; LIMIT when there are too many pods. */
  async attach(target: KernelTarget): Promise<Attachment> {
    const { netns, place, link } = target;
    const early = await this.early.take(place.inode, target.interface);
    const attached = early ?? (await this.visits.attach(netns, target.interface, link));
    const { cookie, links, mark, index } = attached;
    let asked = 0;
    const watched = this.#pods.join(cookie, target);
    const release = (): Promise<void> => this.visits.release(place, attached);
    if (!watched) {
      void release();
      throw new Error('there are more pods than the programs have numbers for');
    }
    this.#name(watched, target);
    if (link === 'loopback') this.#setLoopback(watched, true);
    await this.#adopt(watched, netns);
    return {
      links,
      mark,
      isThere: async () =>
        index === 0
          ? this.kernel.isAttached(links[asked++ % links.length]!)
          : this.visits.hasFilters(place, index),
      setAddresses: (addresses) => this.table.setAddresses(watched.captureId!, addresses),
      detach: (nowUs) => {
        if (link === 'loopback') this.#setLoopback(watched, false);
        if (this.#pods.leave(watched, nowUs)) this.#fullPassDue = true;
        return release();
      },
    };
  }

  openEarly(cookie: bigint): number | undefined {
    const watched = this.#pods.join(cookie);
    if (!watched) return undefined;
    watched.adopted = true; // it is new: nothing in it is older
    this.#pods.tell(watched);
    if (!watched.pod) this.#rows.held.open(watched.number);
    return watched.number;
  }

  nameEarly(number: number, pod: PodRef, interfaces: readonly InterfaceInfo[]): void {
    const watched = this.#pods.get(number);
    const one = interfaces.find(({ loopback }) => !loopback);
    const addresses = interfaces.flatMap((info) => addressesOf(info));
    if (watched) this.#name(watched, { pod, interface: one?.name ?? '', mac: one?.mac, addresses });
  }

  closeEarly(number: number): void {
    const watched = this.#pods.get(number);
    if (!watched) return;
    if (!watched.pod) this.#rows.held.take(number);
    if (this.#pods.leave(watched, this.#nowUs)) this.#fullPassDue = true;
  }

  /** Whose the namespace is: what was held for it can be told now. */
  #name(watched: WatchedPod, options: CaptureOptions): void {
    if (watched.pod) return;
    this.#pods.name(watched, options);
    this.#rows.name(watched.number);
  }

  /** Snoopy's own links from now on. */
  setExcluded(links: readonly ExcludedLink[]): void {
    this.table.setExcluded(links);
    this.#rows.sockets.excluded.set(links);
  }

  /** Lets time pass: takes the copied frames, forgets pods that are gone, begins what is due. */
  advance(nowUs: number): void {
    this.#nowUs = nowUs;
    this.#frames.take(nowUs - this.monotonicUs(), framesAtOnce);
    this.table.advance(nowUs);
    this.#pods.forget(nowUs);
    this.#startDue(nowUs);
  }

  /** Fills a batch with rows that are due; returns whether more are. */
  drain(columns: FlowColumns, nowUs: number, budgetRows: number): boolean {
    const wallOffsetUs = nowUs - this.monotonicUs();
    const frames = this.#frames.take(wallOffsetUs, framesAtOnce);
    const more = this.table.drain(columns, nowUs, budgetRows) || frames;
    if (columns.rows > 0) return true;
    this.#batch.begin(columns, wallOffsetUs);
    return this.#fill() || more;
  }

  /** Everything ends: the next drains give the last rows of all. */
  shutdown(): void {
    while (this.#frames.take(0, framesAtOnce));
    this.kernel.startFlowPass(false, idleMs);
    for (const { tcpFlows } = this.kernel; tcpFlows.next(); )
      this.#rows.writeFlow(tcpFlows.data, tcpFlows.offset);
    this.table.shutdown();
    this.#fullPassDue = true;
  }

  /** What was lost since the last call goes into the ledger. */
  collect(): void {
    const { frames, errors } = this.#frames;
    this.#counts = this.kernel.counts();
    this.#losses.collect(this.#counts, {
      strays: this.#rows.strays,
      unheld: this.#rows.held.lost,
      missed: this.#missed,
      unreadHellos: this.#helloRows.unread,
      lostNews: this.#news.lost,
      frames,
      errors,
    });
  }

  /** Ends what is attached and frees everything; calls after the first do nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.early.close();
    this.visits.close();
    this.kernel.close();
  }

  #setLoopback(watched: WatchedPod, on: boolean): void {
    watched.loopback = on;
    this.#pods.tell(watched);
  }

  /** Connections older than the watch go on where they are. */
  async #adopt(watched: WatchedPod, netns: number): Promise<void> {
    if (watched.adopted && !watched.loopback) return;
    watched.adopted = await this.visits.adopt(netns).catch(() => false);
    this.#pods.tell(watched);
  }

  #startDue(nowUs: number): void {
    const window = Math.floor(nowUs / windowUs);
    if (window !== this.#window || this.#fullPassDue) {
      if (this.#startFull()) this.#window = window;
      return;
    }
    if (nowUs - this.#lookedUs < lookUs) return;
    this.#lookedUs = nowUs;
    this.#lookForNew();
  }

  /** Flows that began since the last pass; when the maps are nearly full, idle ones make room. */
  #lookForNew(): void {
    this.collect();
    const { flowsMade, flows } = this.#counts;
    if (this.#flowPassRuns()) return;
    const crowded = flows > this.kernel.flowCapacity / 2;
    if (flowsMade === this.#flowsSeen && !crowded) return;
    this.#flowsSeen = flowsMade;
    this.kernel.startFlowPass(!crowded, crowded ? crowdedIdleMs : idleMs);
  }

  /** False while passes run. */
  #startFull(): boolean {
    const { liveSockets } = this.kernel;
    if (liveSockets.running || this.#flowPassRuns()) return false;
    this.#counts = this.kernel.counts();
    const { connections, flows } = this.#counts;
    const always = this.#fullPassDue || this.#window % everyPassOf === 0;
    this.#fullPassDue = false;
    if (always || connections > 0) liveSockets.start();
    if (always || flows > 0) this.kernel.startFlowPass(false, idleMs);
    return true;
  }

  #flowPassRuns(): boolean {
    const { flows4, flows6, tcpFlows } = this.kernel;
    return flows4.running || flows6.running || tcpFlows.running;
  }

  /** Rows that a pass has read already come first, then those of the ring: so a connection's rows keep their order. */
  #fill(): boolean {
    const { liveSockets, flows4, flows6, tcpFlows } = this.kernel;
    if (this.#rows.writeWaiting(this.#frames) || this.#news.write(this.#podOf)) return true;
    if (this.#helloRows.write(this.#podOf)) return true;
    if (this.#drainLive(true) || this.#drainRing() || this.#drainLive(false)) return true;
    if (this.#drainFlows(flows4, 'flows4') || this.#drainFlows(flows6, 'flows6')) return true;
    if (this.#drainFlows(tcpFlows, 'tcp_flows')) return true;
    if (this.#fullPassDue) this.#startFull();
    return liveSockets.running || this.#flowPassRuns();
  }

  #drainRing(): boolean {
    const ring = this.kernel.socketRows;
    let more = false;
    while (this.#batch.hasRoom()) {
      more = ring.next();
      if (!more) break;
      this.#rows.writeSocket(ring.data, ring.offset);
    }
    ring.release();
    return more;
  }

  /** @param buffered only what has been read; else one read more. Returns whether the batch is full */
  #drainLive(buffered: boolean): boolean {
    const pass = this.kernel.liveSockets;
    let read = buffered;
    while (this.#batch.hasRoom()) {
      if (read && !pass.buffered) return false;
      read = true;
      if (!pass.next()) return false;
      const { data, offset } = pass;
      const kind = data.getUint8(offset + SocketRow.kind);
      if (kind === SocketRowKind.gone) {
        this.#endMissed(data, offset);
        continue;
      }
      this.#rows.writeSocket(data, offset);
      if (kind === SocketRowKind.over) this.kernel.deleteConnection(data, offset);
    }
    return true;
  }

  /** An end that nobody showed us: told if the socket's memory still says how it was, else counted as lost. */
  #endMissed(view: DataView, offset: number): void {
    if (!this.kernel.deleteConnection(view, offset)) return;
    if ((view.getUint8(offset + SocketRow.flags) & SocketFlag.known) !== 0)
      this.#rows.writeSocket(view, offset);
    else this.#missed++;
  }

  /** One read more. Returns whether the batch is full. */
  #drainFlows(pass: Pass, map: FlowMap): boolean {
    for (let read = pass.buffered; this.#batch.hasRoom(); read = true) {
      if ((read && !pass.buffered) || !pass.next()) return false;
      const { data, offset } = pass;
      this.#rows.writeFlow(data, offset);
      if (data.getUint32(offset + FlowRow.rows, true) < FLOW_ROW_ENDS) continue;
      const rest = this.kernel.deleteFlow(data, offset, map);
      this.#rows.keep(rest);
    }
    return true;
  }

  /** What the kernel counted of a connection that ends goes to the flow table before the end does. */
  #takeCounted(packet: Decoded, pod: number): void {
    const isTcp = packet.protocol === Protocol.tcp;
    const rest = this.kernel.deleteFlow(rowOf(packet, pod), 0, mapOf(packet));
    if (!rest) return;
    rest.setBigUint64(FlowRow.last, 0n, true);
    this.#countedRows.write(rest, 0, packet.timeUs, isTcp);
  }
}

function mapOf(packet: Decoded): FlowMap {
  if (packet.protocol === Protocol.tcp) return 'tcp_flows';
  return packet.ipVersion === 4 ? 'flows4' : 'flows6';
}
