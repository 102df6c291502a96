import type { PodRef, PodsReport } from '@snoopy/proto';
import { parseAddress } from '../observe/ip-address.js';
import type { PodEntry } from './pod-entry.js';

/** A pod that is gone keeps its addresses so long, for records that come late. */
export const TOMBSTONE_MS = 60_000;

/** An address as a key: the number for IPv4, else text. */
type AddressKey = number | string;

const scratch = new DataView(new ArrayBuffer(16));
const scratchWords = new Int32Array(scratch.buffer);

/**
 * Pods by uid and by address. A pod on the node's network has the node's address, which is no pod's own: it is never
 * found by address. When an address is used again, the newer pod wins.
 */
export class PodIndex {
  /** Grows with every change. */
  generation = 1;
  readonly #byUid = new Map<string, PodEntry>();
  readonly #byAddress = new Map<AddressKey, PodEntry>();
  /** Entries by id; what is gone for good stays known by its id until the slot lets go. */
  readonly #byId: (PodEntry | undefined)[] = [];
  readonly #changed: number[] = [];
  /** uid → when it was reported gone. */
  readonly #gone = new Map<string, number>();

  /** The pod of a record. One that no report names is known for a minute by what the record says. */
  ensure(ref: PodRef, node: string, nowMs: number): PodEntry {
    const known = this.#byUid.get(ref.uid);
    if (known) return known;
    this.#gone.set(ref.uid, nowMs);
    const { uid, namespace, name } = ref;
    return this.#put(
      { uid, namespace, name, labels: {}, ips: [], node, workload: name, watched: true },
      false,
    );
  }

  byUid(uid: string): PodEntry | undefined {
    return this.#byUid.get(uid);
  }

  /** @param words 4 words in the machine's byte order, at `at` */
  byAddress(words: Int32Array, at: number): PodEntry | undefined {
    return this.#byAddress.get(addressKey(words, at));
  }

  /** Whether a pod is known to have other addresses and not this one. */
  isWithout(id: number, words: Int32Array, at: number): boolean {
    const ips = this.#byId[id]?.ips ?? [];
    return ips.length > 0 && !ips.some((ip) => textKey(ip) === addressKey(words, at));
  }

  byId(id: number): PodEntry | undefined {
    return this.#byId[id];
  }

  /** The generation in which the entry of an id changed last. */
  changedIn(id: number): number {
    return this.#changed[id] ?? 0;
  }

  /** Pods that are there now. */
  *live(): Iterable<PodEntry> {
    for (const entry of this.#byUid.values()) if (!this.#gone.has(entry.uid)) yield entry;
  }

  /** What an agent sees. @param known uids of the pods that this agent had reported so far; kept up to date here */
  report(
    node: string,
    report: Pick<PodsReport, 'full' | 'pods' | 'removed'>,
    known: Set<string>,
    nowMs: number,
  ): void {
    const named = new Set<string>();
    for (const pod of report.pods) {
      this.#report(node, pod);
      named.add(pod.uid);
      known.add(pod.uid);
    }
    const removed = report.full ? [...known].filter((uid) => !named.has(uid)) : report.removed;
    for (const uid of removed) if (known.delete(uid)) this.#remove(uid, node, nowMs);
    this.forget(nowMs);
  }

  /** Buries what has been gone for long enough. */
  forget(nowMs: number): void {
    for (const [uid, since] of this.#gone) {
      if (nowMs - since < TOMBSTONE_MS) break;
      this.#gone.delete(uid);
      const entry = this.#byUid.get(uid);
      if (!entry) continue;
      this.#byUid.delete(uid);
      this.#byId[entry.id] = undefined;
      this.#dropAddresses(entry);
      this.generation++;
    }
  }

  #report(node: string, pod: PodsReport['pods'][number]): void {
    const labels = pod.labels;
    const entry = {
      uid: pod.uid,
      namespace: pod.namespace,
      name: pod.name,
      labels,
      ips: pod.ips,
      node,
      workload: labels['app.kubernetes.io/name'] || labels.app || pod.name,
      watched: pod.state === 'WATCH_STATE_WATCHED',
    };
    const wasGone = this.#gone.delete(pod.uid);
    const known = this.#byUid.get(pod.uid);
    if (known && !wasGone && same(known, entry)) return;
    this.#put(entry, pod.hostNetwork);
  }

  #put(entry: Omit<PodEntry, 'id'>, hostNetwork: boolean): PodEntry {
    const before = this.#byUid.get(entry.uid);
    const id = before?.id ?? this.#byId.length;
    const now: PodEntry = { id, ...entry };
    if (before) this.#dropAddresses(before);
    this.#byUid.set(entry.uid, now);
    this.#byId[id] = now;
    this.#changed[id] = ++this.generation;
    if (hostNetwork) return now;
    for (const ip of entry.ips) {
      const key = textKey(ip);
      if (key !== undefined) this.#byAddress.set(key, now);
    }
    return now;
  }

  #remove(uid: string, node: string, nowMs: number): void {
    const entry = this.#byUid.get(uid);
    // A pod that another agent has reported since belongs to that one.
    if (entry?.node === node) this.#gone.set(uid, nowMs);
  }

  #dropAddresses(entry: PodEntry): void {
    for (const ip of entry.ips) {
      const key = textKey(ip);
      if (key !== undefined && this.#byAddress.get(key)?.uid === entry.uid) this.#byAddress.delete(key);
    }
  }
}

function same(entry: PodEntry, other: Omit<PodEntry, 'id'>): boolean {
  const { id: _, ...known } = entry;
  return JSON.stringify(known) === JSON.stringify(other);
}

function textKey(text: string): AddressKey | undefined {
  const words = parseAddress(text);
  if (!words) return undefined;
  for (let i = 0; i < 4; i++) scratch.setUint32(i * 4, words[i]!);
  return addressKey(scratchWords, 0);
}

const mapped = new Int32Array(Uint8Array.of(0, 0, 255, 255).buffer)[0]!;

function addressKey(words: Int32Array, at: number): AddressKey {
  const last = words[at + 3]!;
  if (words[at] === 0 && words[at + 1] === 0 && words[at + 2] === mapped) return last;
  return `${words[at]},${words[at + 1]},${words[at + 2]},${last}`;
}
