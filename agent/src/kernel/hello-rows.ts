import { EmitReason, FlowExtra, FlowState, Initiator, Outcome, type PodRef, Protocol } from '@snoopy/proto';
import { findServerName, Hello, ServerName } from '../decode/client-hello.js';
import { Decoded, LinkDirection } from '../decode/decoded.js';
import { decodeFrame } from '../decode/frame.js';
import type { ExcludedLinks } from '../flow/excluded-links.js';
import { type Batch, number64 } from './batch.js';
import { CopiedFrame } from './copied-frame.js';
import type { Ring } from './node-kernel.js';

/** Beginnings that wait for their second segment; an older one gives way. */
const MOST_WAITING = 64;
/** Of one beginning, bytes. */
const MOST_BYTES = 8_192;

/** A ClientHello whose name is beyond its first segment. */
interface Waiting {
  readonly row: NamedRow;
  readonly nextSeq: number;
  readonly bytes: Buffer;
}

interface NamedRow {
  readonly pod: number;
  readonly timeUs: number;
  readonly local: Int32Array;
  readonly peer: Int32Array;
  readonly localPort: number;
  readonly peerPort: number;
  readonly sent: boolean;
  readonly clientIsn: number;
  readonly serverIsn: number;
}

/** Server names out of the copied beginnings of TLS: each becomes a row without counts of its connection. */
export class HelloRows {
  /** Beginnings whose second segment never came, or of a pod that nobody knew yet. */
  unread = 0;
  readonly #packet = new Decoded();
  readonly #name = new ServerName();
  readonly #waiting = new Map<string, Waiting>();
  readonly #addresses = new Int32Array(8);

  constructor(
    private readonly ring: Ring,
    private readonly batch: Batch,
    private readonly excluded: Pick<ExcludedLinks, 'empty' | 'hasEnds'>,
    private readonly fromSocket: boolean,
  ) {}

  /** Writes rows while there is room; returns whether the batch is full. */
  write(podOf: (number: number) => PodRef | undefined): boolean {
    const { ring, batch } = this;
    let taken = false;
    while (batch.hasRoom() && ring.next()) {
      taken = true;
      this.#take(ring.data, ring.offset, podOf);
    }
    if (taken) ring.release();
    return !batch.hasRoom();
  }

  #take(view: DataView, offset: number, podOf: (number: number) => PodRef | undefined): void {
    const packet = this.#packet;
    const captured = view.getUint16(offset + CopiedFrame.captured, true);
    const length = view.getUint32(offset + CopiedFrame.length, true);
    const link = view.getUint16(offset + CopiedFrame.link, true);
    packet.timeUs = Math.round(this.batch.wallOffsetUs + number64(view, offset + CopiedFrame.time) / 1_000);
    if (decodeFrame(view, offset + CopiedFrame.bytes, captured, length, link, packet) !== 0) return;
    packet.linkDirection = view.getUint32(offset + CopiedFrame.direction, true);
    const row = this.#rowOf(view.getUint32(offset + CopiedFrame.pod, true));
    const begin = view.byteOffset + packet.payloadOffset;
    const payload = Buffer.from(view.buffer as ArrayBuffer, begin, packet.payloadCaptured);
    const key = `${row.pod} ${row.localPort} ${row.peerPort} ${row.peer.join()}`;
    const before = this.#waiting.get(key);
    this.#waiting.delete(key);
    if (before?.nextSeq === packet.tcpSeq)
      this.#read(key, before.row, Buffer.concat([before.bytes, payload]), podOf);
    else this.#read(key, row, payload, podOf);
  }

  #read(key: string, row: NamedRow, bytes: Buffer, podOf: (number: number) => PodRef | undefined): void {
    const name = this.#name;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const found = findServerName(view, 0, bytes.length, name);
    const pod = podOf(row.pod);
    if (found === Hello.none) return;
    if (found === Hello.more && bytes.length < MOST_BYTES) this.#wait(key, row, bytes);
    else if (found === Hello.more || !pod) this.unread++;
    else if (!this.#isExcluded(row))
      this.#write(row, pod, bytes.toString('latin1', name.at, name.at + name.length));
  }

  #wait(key: string, row: NamedRow, bytes: Buffer): void {
    const { tcpSeq, payloadBytes, payloadCaptured } = this.#packet;
    if (payloadCaptured < payloadBytes) {
      this.unread++; // its end was not copied
      return;
    }
    const oldest = this.#waiting.keys().next();
    if (this.#waiting.size >= MOST_WAITING && !oldest.done) {
      this.#waiting.delete(oldest.value);
      this.unread++;
    }
    this.#waiting.set(key, { row, nextSeq: (tcpSeq + payloadBytes) | 0, bytes: Buffer.from(bytes) });
  }

  /** Of the packet just decoded. Its first byte is the connection's: nothing was said before it. */
  #rowOf(pod: number): NamedRow {
    const p = this.#packet;
    const sent = p.linkDirection === LinkDirection.sent;
    const source = Int32Array.of(p.src0, p.src1, p.src2, p.src3);
    const target = Int32Array.of(p.dst0, p.dst1, p.dst2, p.dst3);
    return {
      pod,
      timeUs: p.timeUs,
      local: sent ? source : target,
      peer: sent ? target : source,
      localPort: sent ? p.srcPort : p.dstPort,
      peerPort: sent ? p.dstPort : p.srcPort,
      sent,
      clientIsn: (p.tcpSeq - 1) >>> 0,
      serverIsn: (p.tcpAck - 1) >>> 0,
    };
  }

  #isExcluded(row: NamedRow): boolean {
    if (this.excluded.empty) return false;
    this.#setAddresses(row);
    return this.excluded.hasEnds(this.#addresses, row.localPort, row.peerPort);
  }

  #setAddresses({ local, peer }: NamedRow): void {
    this.#addresses.set(local, 0);
    this.#addresses.set(peer, 4);
  }

  #write(named: NamedRow, pod: PodRef, name: string): void {
    const { batch } = this;
    const { columns } = batch;
    const row = columns.rows++;
    this.#setAddresses(named);
    columns.pod[row] = batch.pod(pod);
    columns.protocol[row] = Protocol.tcp;
    columns.lastUs[row] = named.timeUs;
    columns.durationUs[row] = 0;
    columns.localAddress[row] = batch.addressOf(this.#addresses, 0);
    columns.peerAddress[row] = batch.addressOf(this.#addresses, 4);
    columns.localPort[row] = named.localPort;
    columns.peerPort[row] = named.peerPort;
    batch.noCounters(row);
    const initiator = named.sent ? Initiator.local : Initiator.peer;
    columns.state[row] = state | initiator | (this.fromSocket ? FlowState.fromSocket : 0);
    columns.clientIsn[row] = named.clientIsn;
    columns.serverIsn[row] = named.serverIsn;
    batch.extra(row, FlowExtra.serverName, 1 + batch.name(printable(name)));
  }
}

/** Names are ASCII (RFC 6066, 3); what is not is shown as such. */
function printable(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^!-~]/g, '?')
    .replace(/\.$/, '');
}

/** A connection that others have told to be open. */
const state =
  FlowState.hasClientIsn |
  FlowState.hasServerIsn |
  (Outcome.established << FlowState.outcomeShift) |
  (EmitReason.changed << FlowState.reasonShift);
