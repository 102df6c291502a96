import { type CaptureTargetMessage, type PacketChunk, printable, type TargetReport } from '@snoopy/proto';
import type { PodEntry } from '../pods/pod-entry.js';
import type { PacketInput } from './packet-input.js';

/** What an agent says of one run of a target; counts start anew with each run. */
interface Run {
  /** Number of the next packet. */
  nextPacket: number;
  received: number;
  /** Sent by the agent, as it says itself. */
  handed: number;
  kernelDropped: number;
  agentDropped: number;
  /** Packets whose number was skipped. */
  skipped: number;
}

const freshRun = (): Run => ({
  nextPacket: 0,
  received: 0,
  handed: 0,
  kernelDropped: 0,
  agentDropped: 0,
  skipped: 0,
});

/** One pod's interface in a capture: what came, what was lost, how it ended. */
export class CaptureTarget {
  /** Packets and captured bytes in the file. */
  packets = 0;
  bytes = 0;
  /** Came here and did not get into the file though no limit was reached. */
  aggregatorDropped = 0;
  done = false;
  error = '';
  /** Number of its interface block, -1: not written yet. */
  interfaceId = -1;
  /** LINKTYPE_ number; -1 until a packet came. */
  linkType = -1;
  readonly input: PacketInput;

  #run = freshRun();
  #kernelBefore = 0;
  #agentBefore = 0;
  /** Drops that a comment in the file has told. */
  #told = 0;

  /**
   * @param name of the interface; empty while only the pod is known
   * @param open gives the queue of its packets
   */
  constructor(
    readonly pod: PodEntry,
    public name: string,
    open: (target: CaptureTarget) => PacketInput,
  ) {
    this.input = open(this);
  }

  get title(): string {
    return printable(`${this.pod.namespace}/${this.pod.name}/${this.name}@${this.pod.node}`, 600);
  }

  get kernelDropped(): number {
    return this.#kernelBefore + this.#run.kernelDropped;
  }

  get agentDropped(): number {
    return this.#agentBefore + Math.max(this.#run.agentDropped, this.#run.skipped);
  }

  get dropped(): number {
    return this.kernelDropped + this.agentDropped + this.aggregatorDropped;
  }

  /** Packets that the agent says it sent and that have not come. */
  get missing(): number {
    return Math.max(0, this.#run.handed - this.#run.received);
  }

  /** Counts a chunk's head; returns how many drops the file has not told yet. */
  note(chunk: PacketChunk): number {
    const run = this.#run;
    if (chunk.packets > 0) {
      run.skipped += Math.max(0, chunk.firstPacket - run.nextPacket);
      run.nextPacket = chunk.firstPacket + chunk.packets;
    }
    run.received += chunk.packets;
    this.#countDrops(chunk);
    const untold = this.kernelDropped + this.agentDropped - this.#told;
    if (chunk.packets > 0) this.#told += untold;
    return chunk.packets > 0 ? untold : 0;
  }

  /** Takes over what the agent reports about this target. */
  report(report: TargetReport): void {
    this.#run.handed = Math.max(this.#run.handed, report.packets);
    this.#countDrops(report);
    if (report.error !== '') this.fail(report.error);
  }

  /** The first error stays: what follows is most often its consequence. */
  fail(error: string): void {
    if (this.error === '') this.error = printable(error, 500);
  }

  /** Packets that came and cannot go into the file. */
  refuse(packets: number, why: string): void {
    this.aggregatorDropped += packets;
    this.fail(why);
  }

  /** The agent begins again; what it counted until now stays. */
  restart(): void {
    this.#kernelBefore = this.kernelDropped;
    this.#agentBefore = this.agentDropped;
    this.#run = freshRun();
    this.done = false;
  }

  message(): CaptureTargetMessage {
    return {
      namespace: this.pod.namespace,
      pod: this.pod.name,
      podUid: this.pod.uid,
      node: this.pod.node,
      interface: this.name,
      packets: this.packets,
      bytes: this.bytes,
      kernelDropped: this.kernelDropped,
      agentDropped: this.agentDropped,
      aggregatorDropped: this.aggregatorDropped,
      done: this.done,
      error: this.error,
    };
  }

  #countDrops(counts: { kernelDropped: number; agentDropped: number }): void {
    this.#run.kernelDropped = Math.max(this.#run.kernelDropped, counts.kernelDropped);
    this.#run.agentDropped = Math.max(this.#run.agentDropped, counts.agentDropped);
  }
}
