import type { PodRef, PodsReport } from '@snoopy/proto';
import { AddressBook } from './address-book.js';
import { wordsKey } from './address-key.js';
import type { ClusterPod } from './cluster-pod.js';
import { EntryTable } from './entry-table.js';
import { OutsideNames } from './outside-names.js';
import { Places } from './places.js';
import type { PodEntry } from './pod-entry.js';
import { type AgentPod, compose, heldAddresses, type PodRecord } from './pod-record.js';

/** A pod that is gone keeps the time that it had its addresses so long, for records that come late. */
export const TOMBSTONE_MS = 600_000;

/**
 * Who is who: pods by uid and by address, as agents and Kubernetes tell, and what else has an address. A pod on the
 * node's network has the node's address, which is no pod's own; one that has ended may have lost its own to another:
 * neither is found by address.
 */
export class PodIndex {
  readonly entries = new EntryTable();
  readonly places = new Places(this.entries);
  readonly outside = new OutsideNames(this.entries);
  readonly #records = new Map<string, PodRecord>();
  readonly #recordOf = new Map<number, PodRecord>();
  readonly #book = new AddressBook();
  /** Node of each pod that Kubernetes has, by `namespace/name`. */
  readonly #clusterNodes = new Map<string, string>();
  /** uid → when it was gone. */
  readonly #gone = new Map<string, number>();
  /** Wall clock minus the clock that never goes back. */
  #wallMs = 0;

  /** Grows with every change. */
  get generation(): number {
    return this.entries.generation;
  }

  /** To be called now and then: both clocks at one moment. */
  syncClocks(nowMs: number, nowUs: number): void {
    this.#wallMs = nowUs / 1_000 - nowMs;
  }

  /** The pod of a record. One that nobody told of is known for a while by what the record says. */
  ensure(ref: PodRef, node: string, nowMs: number): PodEntry {
    const known = this.#records.get(ref.uid);
    if (known) return known.entry;
    this.#gone.set(ref.uid, nowMs);
    const { uid, namespace, name } = ref;
    const entry = { uid, namespace, name, labels: {}, ips: [], node, workload: name, watched: true };
    return this.#add(this.entries.add(entry)).entry;
  }

  byUid(uid: string): PodEntry | undefined {
    return this.#records.get(uid)?.entry;
  }

  /**
   * The pod that has an address, or had it last; to name an end ask `endAt`.
   * @param words 4 words in the machine's byte order, at `at`
   */
  byAddress(words: Int32Array, at: number): PodEntry | undefined {
    return this.entries.get(this.#book.latest(wordsKey(words, at)));
  }

  /**
   * What stood at the other end's address when a connection began: the pod that surely had it then, a Service, a node,
   * or the name for which the pod at this end got the address from DNS.
   * @param pod id + 1 of the pod at this end, 0: unknown
   * @param own, other where the two addresses are in `words`, 4 words each
   * @param timeMs wall clock, modulo 2^32
   * @returns id + 1 of the entry, 0: nothing that we know
   */
  endAt(pod: number, words: Int32Array, own: number, other: number, timeMs: number): number {
    const network = this.#networkOf(pod - 1, words, own);
    const key = wordsKey(words, other, network);
    const holder = this.#book.at(key, timeMs);
    if (holder >= 0) return holder + 1;
    if (network !== '') return 0;
    const place = this.places.at(key);
    if (place) return place.id + 1;
    // A pod had it lately: whose it is now is not known yet.
    if (pod === 0 || this.#book.latest(key) >= 0) return 0;
    return this.outside.at(pod - 1, key) + 1;
  }

  /** Whether an id is a pod's. */
  isPod(id: number): boolean {
    const entry = this.entries.get(id);
    return entry !== undefined && entry.kind === undefined;
  }

  /** Whether an address is one of a pod's, in any network. */
  has(id: number, words: Int32Array, at: number): boolean {
    const plain = wordsKey(words, at);
    return this.#recordOf.get(id)?.held.some((held) => held.plain === plain) ?? false;
  }

  /** Whether a pod is known to have other addresses and not this one. */
  isWithout(id: number, words: Int32Array, at: number): boolean {
    return (this.#recordOf.get(id)?.entry.ips.length ?? 0) > 0 && !this.has(id, words, at);
  }

  byId(id: number): PodEntry | undefined {
    return this.entries.get(id);
  }

  /** The generation in which the entry of an id changed last. */
  changedIn(id: number): number {
    return this.entries.changedIn(id);
  }

  /** Pods that agents see now. */
  *live(): Iterable<PodEntry> {
    for (const { entry, agent } of this.#records.values()) if (agent) yield entry;
  }

  /** Everything that is known of the pods that are there now, whoever told. */
  records(): Iterable<Readonly<PodRecord>> {
    return this.#records.values();
  }

  /**
   * The node of a pod, as Kubernetes says; undefined: it knows no such pod. A uid that it does not know gets no further
   * with a name that it knows.
   */
  nodeOf({ uid, namespace, name }: PodRef): string | undefined {
    const known = this.#records.get(uid)?.cluster;
    const node = known?.node ?? this.#clusterNodes.get(`${namespace}/${name}`);
    return node === '' ? undefined : node;
  }

  /** What an agent sees. @param bound its token says that it is on the node @param known uids of the pods that this agent had reported so far; kept up to date here */
  report(
    node: string,
    report: Pick<PodsReport, 'full' | 'pods' | 'removed'>,
    known: Set<string>,
    nowMs: number,
    bound = false,
  ): void {
    const named = new Set<string>();
    for (const pod of report.pods) {
      this.#setAgent({ node, bound, pod }, nowMs);
      named.add(pod.uid);
      known.add(pod.uid);
    }
    const removed = report.full ? [...known].filter((uid) => !named.has(uid)) : report.removed;
    for (const uid of removed) if (known.delete(uid)) this.#dropAgent(uid, node, nowMs);
    this.forget(nowMs);
  }

  /** What Kubernetes says of a pod. */
  setCluster(pod: ClusterPod, nowMs: number): void {
    const record = this.#recordFor(pod);
    record.cluster = pod;
    this.#clusterNodes.set(`${pod.namespace}/${pod.name}`, pod.node);
    this.#gone.delete(pod.uid);
    this.#refresh(record, nowMs);
  }

  /** Kubernetes has the pod no more. */
  dropCluster(uid: string, nowMs: number): void {
    const record = this.#records.get(uid);
    if (!record?.cluster) return;
    const { namespace, name, node } = record.cluster;
    const key = `${namespace}/${name}`;
    if (this.#clusterNodes.get(key) === node) this.#clusterNodes.delete(key);
    this.#release(record, nowMs, []);
    if (record.agent) {
      record.cluster = undefined;
      this.#refresh(record, nowMs);
    } else this.#bury(uid, nowMs);
  }

  /** Forgets what has been gone for long enough. */
  forget(nowMs: number): void {
    for (const [uid, since] of this.#gone) {
      if (nowMs - since < TOMBSTONE_MS) break;
      this.#gone.delete(uid);
      const record = this.#records.get(uid);
      if (!record || record.cluster) continue;
      this.#records.delete(uid);
      this.#recordOf.delete(record.entry.id);
      for (const { key } of record.held) this.#book.forget(key, record.entry.id);
      this.entries.drop(record.entry.id);
    }
  }

  #setAgent(agent: AgentPod, nowMs: number): void {
    const record = this.#recordFor(agent.pod);
    record.agent = agent;
    this.#gone.delete(agent.pod.uid);
    this.#refresh(record, nowMs);
  }

  #dropAgent(uid: string, node: string, nowMs: number): void {
    const record = this.#records.get(uid);
    // A pod that another agent has reported since belongs to that one.
    if (record?.agent?.node !== node) return;
    if (record.cluster) {
      record.agent = undefined;
      this.#refresh(record, nowMs);
      return;
    }
    this.#release(record, nowMs, []);
    record.agent = undefined;
    this.#bury(uid, nowMs);
  }

  #bury(uid: string, nowMs: number): void {
    this.#gone.delete(uid);
    this.#gone.set(uid, nowMs);
    const record = this.#records.get(uid);
    if (record) record.cluster = undefined;
  }

  #recordFor(ref: PodRef): PodRecord {
    const known = this.#records.get(ref.uid);
    if (known) return known;
    const { uid, namespace, name } = ref;
    const entry = { uid, namespace, name, labels: {}, ips: [], node: '', workload: name, watched: false };
    return this.#add(this.entries.add(entry));
  }

  #add(entry: PodEntry): PodRecord {
    const record: PodRecord = { entry, agent: undefined, cluster: undefined, held: [] };
    this.#records.set(entry.uid, record);
    this.#recordOf.set(entry.id, record);
    return record;
  }

  /** Makes the entry and the addresses what was told. */
  #refresh(record: PodRecord, nowMs: number): void {
    const now = compose(record);
    const { id } = record.entry;
    if (!isSame(record.entry, now)) record.entry = this.entries.set(id, now);
    const held = heldAddresses(record, now.ips);
    const leaving = record.cluster?.leavingMs ?? 0;
    this.#release(record, nowMs, leaving > 0 ? [] : held);
    if (leaving === 0 && held.length > 0) {
      const from = this.#surelySince(record, nowMs);
      for (const { key } of held) this.#book.claim(key, id, from);
    }
  }

  /** Takes from a pod the addresses that it does not hold any more. */
  #release(record: PodRecord, nowMs: number, held: PodRecord['held']): void {
    const kept = new Set(held.map(({ key }) => key));
    const wallMs = this.#wallMs + nowMs;
    const leaving = record.cluster?.leavingMs ?? 0;
    const until = leaving > 0 ? Math.min(leaving, wallMs) : wallMs;
    for (const { key } of record.held)
      if (!kept.has(key)) this.#book.release(key, record.entry.id, until | 0);
    const dropped = record.held.filter(({ key }) => !kept.has(key));
    record.held = [...held, ...dropped];
  }

  #surelySince({ agent, cluster }: PodRecord, nowMs: number): number {
    const told = [cluster?.sinceMs ?? 0, (agent?.pod.createdUs ?? 0) / 1_000].filter((ms) => ms > 0);
    return Math.min(this.#wallMs + nowMs, ...told) | 0;
  }

  #networkOf(id: number, words: Int32Array, at: number): string {
    const held = id < 0 ? undefined : this.#recordOf.get(id)?.held;
    if (!held || held.every(({ network }) => network === '')) return '';
    const plain = wordsKey(words, at);
    return held.find((one) => one.plain === plain)?.network ?? '';
  }
}

function isSame(entry: PodEntry, other: Omit<PodEntry, 'id'>): boolean {
  const { id: _, ...known } = entry;
  return JSON.stringify(known) === JSON.stringify(other);
}
