import { printable } from '@snoopy/proto';
import type { CaptureTarget } from './capture-target.js';
import { dropComment, statisticsComment } from './completeness.js';
import type { PacketInput } from './packet-input.js';
import {
  interfaceDescription,
  interfaceStatistics,
  packetLength,
  packetOptions,
  type SectionHeader,
  sectionHeader,
  type Timestamp,
  writePacket,
} from './pcapng.js';

/** What an interface without a packet is said to be. */
const LINKTYPE_ETHERNET = 1;
/** Largest piece that is sent in one message, bytes. */
const PIECE = 256 << 10;
/** Room that a drop comment in an interface's statistics may need. */
const COMMENT_ROOM = 512;
/** An interface statistics block without a comment. */
const STATISTICS_BLOCK = 112;

/** The pcapng of a capture as it grows: blocks go in, pieces for the reader come out. */
export class CaptureFile {
  /** Bytes of the file so far. */
  size = 0;

  readonly #work = Buffer.allocUnsafe(PIECE);
  #used = 0;
  readonly #pieces: Buffer[] = [];
  #interfaces = 0;

  /**
   * @param baseSeconds what corrected times are relative to
   * @param mostBytes bound of the file, 0: none
   */
  constructor(
    readonly baseSeconds: number,
    readonly snaplen: number,
    readonly filter: string,
    readonly mostBytes: number,
  ) {}

  begin(header: SectionHeader): void {
    this.#append(sectionHeader(header));
  }

  /** Bytes that closing the file will take. */
  closingBytes(targets: Iterable<CaptureTarget>): number {
    let sum = 0;
    for (const target of targets) {
      sum += STATISTICS_BLOCK + (target.dropped > 0 || target.error !== '' ? COMMENT_ROOM : 0);
      if (target.interfaceId < 0) sum += this.#description(target).length;
    }
    return sum;
  }

  /** Whether the head of `input` fits, with `reserve` bytes (`closingBytes`) left for what must follow. */
  fits(input: PacketInput, reserve: number): boolean {
    if (this.mostBytes === 0) return true;
    return this.size + packetLength(input.captured, input.note?.length ?? 0) + reserve <= this.mostBytes;
  }

  /** Writes the head of `input`; the interface is announced before its first packet. */
  packet(target: CaptureTarget, input: PacketInput): void {
    if (target.interfaceId < 0) this.#announce(target);
    const length = packetLength(input.captured, input.note?.length ?? 0);
    const inPlace = length <= PIECE;
    if (inPlace && this.#used + length > PIECE) this.#cut();
    const buffer = inPlace ? this.#work : Buffer.allocUnsafe(length);
    const { seconds, nanoseconds } = this.#time(input.headNs);
    writePacket(
      buffer,
      inPlace ? this.#used : 0,
      target.interfaceId,
      seconds,
      nanoseconds,
      input.original,
      input.records,
      input.frame,
      input.captured,
      input.note,
    );
    if (inPlace) {
      this.#used += length;
      this.size += length;
    } else this.#append(buffer);
    target.packets++;
    target.bytes += input.captured;
  }

  /** Interface blocks of the silent targets, then the statistics of all. What the bound does not allow stays away. */
  close(targets: readonly CaptureTarget[], start: Timestamp, end: Timestamp): void {
    for (const target of targets) {
      if (target.interfaceId < 0 && this.#allows(this.#description(target).length)) this.#announce(target);
    }
    const announced = targets.filter((target) => target.interfaceId >= 0);
    announced.forEach((target, i) => {
      const others = STATISTICS_BLOCK * (announced.length - 1 - i);
      const full = statistics(target, start, end, statisticsComment(target));
      const block = this.#allows(full.length + others) ? full : statistics(target, start, end, '');
      if (this.#allows(block.length)) this.#append(block);
    });
  }

  /** Pieces that are full; with `all` the rest too. */
  takePieces(all: boolean): Buffer[] {
    if (all) this.#cut();
    return this.#pieces.splice(0);
  }

  get hasPieces(): boolean {
    return this.#pieces.length > 0;
  }

  #allows(bytes: number): boolean {
    return this.mostBytes === 0 || this.size + bytes <= this.mostBytes;
  }

  #announce(target: CaptureTarget): void {
    this.#append(this.#description(target));
    target.interfaceId = this.#interfaces++;
  }

  #description(target: CaptureTarget): Buffer {
    const { pod } = target;
    const linkType = target.linkType < 0 ? LINKTYPE_ETHERNET : target.linkType;
    const offsetMs = target.input.time.offsetNs / 1e6;
    const clock = offsetMs === 0 ? 'as the node has them' : `corrected by ${(-offsetMs).toFixed(3)} ms`;
    const who = `pod ${pod.namespace}/${pod.name} (uid ${pod.uid}) on node ${pod.node}`;
    return interfaceDescription({
      linkType,
      snaplen: this.snaplen,
      name: target.title,
      description: printable(`${who}; times ${clock}`, 900),
      filter: this.filter,
    });
  }

  #time(correctedNs: number): Timestamp {
    const seconds = Math.floor(correctedNs / 1e9);
    const nanoseconds = correctedNs - seconds * 1e9;
    return { seconds: Math.max(0, this.baseSeconds + seconds), nanoseconds };
  }

  #append(bytes: Buffer): void {
    this.size += bytes.length;
    for (let at = 0; at < bytes.length; ) {
      const some = Math.min(bytes.length - at, PIECE - this.#used);
      bytes.copy(this.#work, this.#used, at, at + some);
      this.#used += some;
      at += some;
      if (this.#used === PIECE) this.#cut();
    }
  }

  /** Copies what is in the work buffer: the message that carries it may be sent later. */
  #cut(): void {
    if (this.#used > 0) this.#pieces.push(Buffer.from(this.#work.subarray(0, this.#used)));
    this.#used = 0;
  }
}

function statistics(target: CaptureTarget, start: Timestamp, end: Timestamp, comment: string): Buffer {
  return interfaceStatistics({
    interfaceId: target.interfaceId,
    start,
    end,
    received: target.packets + target.dropped,
    dropped: target.dropped,
    droppedBySystem: target.kernelDropped,
    delivered: target.packets,
    comment,
  });
}

/** Options for the first packet after a gap; undefined when there is none. */
export function gapNote(dropped: number, target: CaptureTarget): Buffer | undefined {
  return dropped > 0 ? packetOptions({ dropped, comment: dropComment(dropped, target) }) : undefined;
}
