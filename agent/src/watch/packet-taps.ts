import type { InterfaceTap, InterfaceTaps, TapRequest } from './interface-tap.js';
import { InterfaceWatch, type WatchTools } from './interface-watch.js';

/** Taps that are tcpdumps; each has a ring of the node's budget. */
export class PacketTaps implements InterfaceTaps {
  readonly most: number;

  constructor(private readonly tools: WatchTools) {
    this.most = ringsFor(tools.rings.totalKiB, tools.ringKiB);
  }

  get free(): number {
    return Math.floor(this.tools.rings.freeKiB / this.tools.ringKiB);
  }

  get full(): string {
    return `packet-memory: all ${this.most} packet rings are taken; raise --packet-memory or select fewer pods`;
  }

  open({ pod, info, target, onChange }: TapRequest): InterfaceTap | undefined {
    const giveRingBack = this.tools.rings.take(this.tools.ringKiB);
    if (!giveRingBack) return undefined;
    return new InterfaceWatch(this.tools, pod, info, giveRingBack, target, onChange);
  }
}

/** How many interfaces fit into the memory for rings; where there is room for two, one is kept for changes of gear. */
export function ringsFor(totalKiB: number, ringKiB: number): number {
  const rings = Math.floor(totalKiB / ringKiB);
  return rings > 1 ? rings - 1 : rings;
}
