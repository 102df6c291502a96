import { SnoopyError } from '@snoopy/proto';
import { number64 } from './batch.js';
import { type FlowMap, FlowRow, TcpFlowRow } from './flow-row.js';
import { flowKey, leftOver } from './flow-value.js';
import type { BpfObject, Libbpf, Mapping } from './libbpf.js';
import { MapPass } from './map-pass.js';
import type { NetworkSyscalls } from './network-syscalls.js';
import type { KernelCounts, NodeKernel, Pass, ProgramSizes, Ring } from './node-kernel.js';
import { programStats } from './program-stats.js';
import { RingBell } from './ring-bell.js';
import { RingReader } from './ring-reader.js';
import { SocketRow } from './socket-row.js';
import type { VisitPrograms } from './visitor-work.js';

/** Object files, as scripts/build-bpf.sh makes them. */
export interface ProgramFiles {
  readonly sockets: string;
  readonly packets: string;
}

/** How programs are attached to interfaces, and what TCP is counted by; `auto`: the first that this kernel can. */
export interface KernelWays {
  readonly attach: 'auto' | 'tcx' | 'clsact';
  readonly tcp: 'auto' | 'sockets' | 'frames';
}

/** Of agent/bpf/looks.h. */
const POD_PLACES = 4_096n;
const PAGE = 4_096;
/** Of `struct flow` and `struct tcp_flow`. */
const FLOW_BYTES = 120;
const TCP_FLOW_BYTES = 144;

/** The key of an array's only value. */
const FIRST = new Uint8Array(4);
/** Indices in the values of the two maps `counts`, all that there are. */
const SocketCount = { lostRows: 0, lostConnections: 1, spilled: 2, made: 3, removed: 4, missed: 5 } as const;
const PacketCount = {
  lostFrames: 0,
  lostPackets: 1,
  lostDns: 2,
  lostCopies: 3,
  made: 4,
  lostTurns: 5,
  lostHellos: 6,
} as const;

/** The loaded programs of one node: their maps, rings and passes. Everything goes with the process at the latest. */
export class Programs implements NodeKernel {
  readonly socketRows: Ring;
  readonly frames: Ring;
  readonly hellos: Ring;
  readonly bell: RingBell;
  readonly liveSockets: Pass;
  /** For a sentence: what was chosen of KernelWays, and why. */
  readonly how: string;
  readonly flows4: MapPass;
  readonly flows6: MapPass;
  readonly tcpFlows: MapPass;
  readonly flowCapacity: number;
  readonly connectionCapacity: number;
  /** Absent where TCP is counted by its frames. */
  readonly #sockets: BpfObject | undefined;
  readonly #clsact: boolean;
  readonly #packets: BpfObject;
  readonly #mappings: Mapping[] = [];
  /** By the names of their maps. */
  readonly #passes = new Map<string, MapPass>();
  readonly #rings = new Map<string, RingReader>();
  readonly #programs = new Map<string, number>();
  readonly #detach: (() => void)[] = [];
  readonly #socketCounts: number | undefined;
  readonly #packetCounts: number;
  readonly #processors: number;
  #adoptLink = -1;
  /** Connections that user space deleted from the map. */
  #forgotten = 0;
  #flowsForgotten = 0;

  /** Loads and attaches what is for the whole node. Throws SnoopyError with the reason. */
  constructor(
    private readonly bpf: Libbpf,
    syscalls: NetworkSyscalls,
    files: ProgramFiles,
    sizes: ProgramSizes,
    ways: KernelWays = { attach: 'auto', tcp: 'auto' },
  ) {
    this.flowCapacity = sizes.flows4 + sizes.flows6 + sizes.tcpFlows;
    this.connectionCapacity = sizes.connections;
    this.#processors = bpf.processors();
    this.#packets = bpf.open(files.packets);
    this.#sizePackets(sizes);
    const { sockets, why } = this.#openSockets(files.sockets, sizes, ways.tcp);
    this.#sockets = sockets;
    if (sockets) {
      for (const map of ['pods', 'pod_slots']) this.#packets.shareMap(map, sockets.mapFd(map));
    } else this.#packets.setConstant('.rodata.mode', 1);
    this.#packets.load();
    this.#clsact = chooseClsact(ways.attach, () =>
      syscalls.hasTcx(this.#packets.programFd('snoopy_ingress')),
    );
    this.how = `${why}, ${this.#clsact ? 'tc with clsact' : 'TCX'}`;
    this.#socketCounts = sockets?.mapFd('counts');
    this.#packetCounts = this.#packets.mapFd('counts');
    this.frames = this.#ring(this.#packets, 'frames', sizes.frameRingBytes);
    this.hellos = this.#ring(this.#packets, 'hellos', sizes.helloRingBytes);
    this.flows4 = this.#pass(this.#packets, 'read_flows4', 'flows4', FlowRow.bytes);
    this.flows6 = this.#pass(this.#packets, 'read_flows6', 'flows6', FlowRow.bytes);
    this.tcpFlows = this.#pass(this.#packets, 'read_tcp_flows', 'tcp_flows', TcpFlowRow.bytes);
    this.socketRows = sockets ? this.#ring(sockets, 'rows', sizes.rowRingBytes) : nothing;
    this.liveSockets = sockets ? this.#pass(sockets, 'read_live', 'connections', SocketRow.bytes) : nothing;
    const rings = [this.#packets.mapFd('frames'), this.#packets.mapFd('hellos')];
    this.bell = new RingBell(bpf.bell, sockets ? [...rings, sockets.mapFd('rows')] : rings);
    for (const name of ['snoopy_ingress', 'snoopy_egress'])
      this.#programs.set(name, this.#packets.programFd(name));
    if (sockets) this.#programs.set('set_state', sockets.programFd('set_state'));
    this.trim(); // libbpf has read the kernel's types, some 20 MiB, and freed them
  }

  /** What the visitor of namespaces attaches there. */
  get forVisits(): VisitPrograms {
    const fd = (name: string): number => this.#packets.programFd(name);
    return {
      ethernet: { ingress: fd('snoopy_ingress'), egress: fd('snoopy_egress') },
      raw: { ingress: fd('snoopy_in_raw'), egress: fd('snoopy_out_raw') },
      loopback: { ingress: fd('snoopy_lo') },
      adoptLink: this.#adoptLink,
      clsact: this.#clsact,
    };
  }

  get sockets(): boolean {
    return this.#sockets !== undefined;
  }

  setPod(cookie: bigint, value: number): void {
    this.bpf.updateMap(this.#packets.mapFd('pods'), wide(cookie), word(value));
    this.#setPlace(cookie, cookie, value);
  }

  deletePod(cookie: bigint): void {
    this.bpf.deleteFromMap(this.#packets.mapFd('forwarders'), wide(cookie));
    this.bpf.deleteFromMap(this.#packets.mapFd('pods'), wide(cookie));
    const found = new BigUint64Array(2);
    this.bpf.readMap(this.#packets.mapFd('pod_places'), placeOf(cookie), new Uint8Array(found.buffer));
    if (found[0] === cookie) this.#setPlace(cookie, 0n, 0);
  }

  #setPlace(cookie: bigint, holds: bigint, value: number): void {
    const entry = BigUint64Array.of(holds, BigInt(value >>> 0));
    this.bpf.updateMap(this.#packets.mapFd('pod_places'), placeOf(cookie), new Uint8Array(entry.buffer));
  }

  setSlot(slot: number, number: number): void {
    this.bpf.updateMap(this.#packets.mapFd('pod_slots'), word(slot), word(number));
  }

  startFlowPass(onlyNew: boolean, idleMs: number): void {
    const asked = Buffer.concat([word(onlyNew ? 1 : 0), word(idleMs)]);
    this.bpf.updateMap(this.#packets.mapFd('pass'), word(0), asked);
    this.flows4.start();
    this.flows6.start();
    this.tcpFlows.start();
  }

  deleteFlow(row: DataView, offset: number, map: FlowMap): DataView | undefined {
    const value = new DataView(new ArrayBuffer(map === 'tcp_flows' ? TCP_FLOW_BYTES : FLOW_BYTES));
    const key = flowKey(row, offset, map);
    if (!this.bpf.takeFromMap(this.#packets.mapFd(map), key, new Uint8Array(value.buffer))) return undefined;
    this.#flowsForgotten++;
    return leftOver(row, offset, value, map);
  }

  deleteConnection(row: DataView, offset: number): boolean {
    const key = new Uint8Array(row.buffer, row.byteOffset + offset, 8);
    if (!this.#sockets || !this.bpf.deleteFromMap(this.#sockets.mapFd('connections'), key)) return false;
    this.#forgotten++;
    return true;
  }

  counts(): KernelCounts {
    const sockets = this.#sums(this.#socketCounts, SocketCount.missed + 1);
    const packets = this.#sums(this.#packetCounts, PacketCount.lostHellos + 1);
    return {
      lostRows: sockets[SocketCount.lostRows]!,
      lostConnections: sockets[SocketCount.lostConnections]!,
      spilled: sockets[SocketCount.spilled]!,
      missed: sockets[SocketCount.missed]!,
      connections: sockets[SocketCount.made]! - sockets[SocketCount.removed]! - this.#forgotten,
      lostFrames: packets[PacketCount.lostFrames]!,
      lostPackets: packets[PacketCount.lostPackets]!,
      lostDns: packets[PacketCount.lostDns]!,
      lostCopies: packets[PacketCount.lostCopies]!,
      lostTurns: packets[PacketCount.lostTurns]!,
      lostHellos: packets[PacketCount.lostHellos]!,
      flowsMade: packets[PacketCount.made]!,
      flows: packets[PacketCount.made]! - this.#flowsForgotten,
    };
  }

  get work(): NodeKernel['work'] {
    const passes = [...this.#passes].map(([map, { passes, readMs, longestMs }]) => ({
      map,
      passes,
      seconds: readMs / 1e3,
      longestSeconds: longestMs / 1e3,
    }));
    const records = new Map([...this.#passes].map(([map, { rows }]) => [map, rows]));
    for (const [ring, { records: count }] of this.#rings) records.set(ring, count);
    return { passes, records, programs: programStats(this.#programs) };
  }

  isAttached(link: number): boolean {
    return this.bpf.interfaceOfLink(link) !== 0;
  }

  trim(): void {
    this.bpf.releaseMemory();
  }

  close(): void {
    this.bell.end();
    for (const pass of this.#passes.values()) pass.close();
    this.#passes.clear();
    for (const detach of this.#detach.splice(0)) detach();
    for (const mapping of this.#mappings.splice(0)) mapping.unmap();
    this.#sockets?.close();
    this.#packets.close();
  }

  #sizePackets(sizes: ProgramSizes): void {
    this.#packets.resizeMap('flows4', sizes.flows4);
    this.#packets.resizeMap('flows6', sizes.flows6);
    this.#packets.resizeMap('tcp_flows', sizes.tcpFlows);
    this.#packets.resizeMap('frames', sizes.frameRingBytes);
    this.#packets.resizeMap('hellos', sizes.helloRingBytes);
  }

  /** Without sockets when it shall be so, or (auto) when this kernel cannot load what looks at them. */
  #openSockets(
    file: string,
    sizes: ProgramSizes,
    tcp: KernelWays['tcp'],
  ): { sockets?: BpfObject; why: string } {
    if (tcp === 'frames') return { why: 'TCP by its frames' };
    const sockets = this.bpf.open(file);
    try {
      sockets.resizeMap('connections', sizes.connections);
      sockets.resizeMap('rows', sizes.rowRingBytes);
      sockets.load();
      const adopt = sockets.attachObjectIterator('adopt');
      this.#adoptLink = adopt.linkFd;
      this.#detach.push(adopt.detach, sockets.attach('set_state'));
      return { sockets, why: 'TCP by its sockets' };
    } catch (error) {
      if (tcp === 'sockets') throw error;
      this.#adoptLink = -1;
      for (const detach of this.#detach.splice(0)) detach();
      sockets.close();
      return { why: `TCP by its frames (${(error as Error).message})` };
    }
  }

  /** Counts of all processors together; each has a value with all of them. Zeros where there is no map. */
  #sums(map: number | undefined, counts: number): number[] {
    const sums = Array.from({ length: counts }, () => 0);
    if (map === undefined) return sums;
    const values = new Uint8Array(8 * counts * this.#processors);
    const view = new DataView(values.buffer);
    this.bpf.readMap(map, FIRST, values);
    for (let i = 0; i < counts * this.#processors; i++) sums[i % counts]! += number64(view, i * 8);
    return sums;
  }

  #ring(object: BpfObject, map: string, size: number): RingReader {
    const fd = object.mapFd(map);
    const consumer = this.bpf.mapMemory(fd, 0, PAGE, true);
    const producer = this.bpf.mapMemory(fd, PAGE, PAGE + size, false);
    this.#mappings.push(consumer, producer);
    const ring = new RingReader(consumer.memory, producer.memory, size, PAGE);
    this.#rings.set(map, ring);
    return ring;
  }

  #pass(object: BpfObject, program: string, map: string, rowBytes: number): MapPass {
    const iterator = object.attachMapIterator(program, map);
    this.#detach.push(() => iterator.detach());
    const pass = new MapPass(iterator, rowBytes);
    this.#passes.set(map, pass);
    return pass;
  }
}

/** In the place of what sockets tell where nothing looks at them. */
const nothing = {
  data: new DataView(new ArrayBuffer(0)),
  offset: 0,
  length: 0,
  running: false,
  buffered: false,
  start: () => {},
  next: () => false,
  release: () => {},
};

function chooseClsact(attach: KernelWays['attach'], hasTcx: () => boolean): boolean {
  if (attach === 'clsact') return true;
  if (hasTcx()) return false;
  if (attach === 'auto') return true;
  throw new SnoopyError('UNSUPPORTED', 'this kernel cannot attach programs with TCX; that takes Linux 6.6');
}

/** Index into `pod_places`. */
function placeOf(cookie: bigint): Uint8Array {
  return word(Number(cookie % POD_PLACES));
}

function word(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

function wide(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}
