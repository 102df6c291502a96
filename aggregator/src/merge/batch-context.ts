import { type FlowColumns, FlowLimits } from '@snoopy/proto';
import { wordsKey } from '../pods/address-key.js';
import type { PodIndex } from '../pods/pod-index.js';
import { hashAddress, hashEnd, hashEnds } from './connection-hash.js';
import type { FlowSource, FlowSources } from './flow-source.js';

const DNS_PORT = 53;

/** Values of the lazy columns; 0 is "not looked up yet". */
const NO = 1;
const YES = 2;

/** What is looked up once for a batch instead of once for each of its rows. Reused. */
export class BatchContext {
  columns!: FlowColumns;
  source!: FlowSource;
  nowMs = 0;
  /** The batch's addresses, 4 words each in the machine's byte order. */
  addressWords: Int32Array = new Int32Array(0);
  readonly addressHash = new Int32Array(FlowLimits.addresses);
  /** Pod id + 1 of each pod of the batch. */
  readonly podOf = new Int32Array(FlowLimits.pods);
  readonly #peerPod = new Int32Array(FlowLimits.addresses);
  readonly #peerKnown = new Uint8Array(FlowLimits.addresses);
  readonly #expects = new Uint8Array(FlowLimits.addresses);
  readonly #pods: PodIndex;
  readonly #sources: FlowSources;
  readonly #seed: number;

  /** @param seed an odd number that makes collisions unpredictable */
  constructor(pods: PodIndex, sources: FlowSources, seed: number) {
    this.#pods = pods;
    this.#sources = sources;
    this.#seed = seed;
  }

  begin(columns: FlowColumns, source: FlowSource, nowMs: number): void {
    this.columns = columns;
    this.source = source;
    this.nowMs = nowMs;
    const bytes = columns.addressBytes;
    this.addressWords = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    for (let i = 0; i < columns.addresses; i++)
      this.addressHash[i] = hashAddress(this.addressWords, i * 4, this.#seed);
    for (let i = 0; i < columns.pods.length; i++) {
      this.podOf[i] = this.#pods.ensure(columns.pods[i]!, source.agent, nowMs).id + 1;
    }
    if (columns.answers > 0) this.#learnNames();
    this.#peerKnown.fill(0, 0, columns.addresses);
    this.#expects.fill(0, 0, columns.addresses);
  }

  /** Names that pods asked for and the addresses they got. What a name server itself sees are others' questions. */
  #learnNames(): void {
    const { columns } = this;
    for (let a = 0; a < columns.answers; a++) {
      const dns = columns.answerDns[a]!;
      const row = columns.dnsRow[dns]!;
      if (columns.peerPort[row] !== DNS_PORT) continue;
      const address = wordsKey(this.addressWords, columns.answerAddress[a]! * 4);
      const pod = this.podOf[columns.pod[row]!]! - 1;
      this.#pods.outside.learn(pod, address, columns.names[columns.dnsName[dns]!]!);
    }
  }

  /** Hash of a connection, the same from both ends. */
  hashOf(row: number): number {
    const { columns, addressHash } = this;
    const local = hashEnd(addressHash[columns.localAddress[row]!]!, columns.localPort[row]!);
    const peer = hashEnd(addressHash[columns.peerAddress[row]!]!, columns.peerPort[row]!);
    return hashEnds(local, peer, columns.protocol[row]!);
  }

  /** Start of a row's traffic by our clock, milliseconds modulo 2^32. */
  startMs(row: number): number {
    const { lastUs, durationUs } = this.columns;
    return ((lastUs[row]! - durationUs[row]! - this.source.clockOffsetUs) / 1_000) | 0;
  }

  /** Id + 1 of the pod that has an address of the batch, 0: none. */
  podAt(address: number): number {
    if (this.#peerKnown[address] === 0) {
      this.#peerKnown[address] = 1;
      const pod = this.#pods.byAddress(this.addressWords, address * 4);
      this.#peerPod[address] = pod ? pod.id + 1 : 0;
    }
    return this.#peerPod[address]!;
  }

  /** Id + 1 of what stood at a row's peer address when the row's traffic began, 0: nothing that we know. */
  endAt(row: number): number {
    const { columns, addressWords } = this;
    const pod = this.podOf[columns.pod[row]!]!;
    const own = columns.localAddress[row]! * 4;
    return this.#pods.endAt(pod, addressWords, own, columns.peerAddress[row]! * 4, this.startMs(row));
  }

  /** Whether an agent that is connected watches the pod at an address, so that its view is to be expected. */
  expects(address: number): boolean {
    let answer = this.#expects[address];
    if (answer === 0) {
      const pod = this.#pods.byId(this.podAt(address) - 1);
      answer = pod?.watched && this.#sources.isConnected(pod.node) ? YES : NO;
      this.#expects[address] = answer;
    }
    return answer === YES;
  }
}
