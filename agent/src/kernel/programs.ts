import { SnoopyError } from '@snoopy/proto';
import { number64 } from './batch.js';
import { type FlowMap, FlowRow, TcpFlowRow } from './flow-row.js';
import { flowKey, leftOver } from './flow-value.js';
import type { BpfObject, Libbpf, Mapping } from './libbpf.js';
import { MapPass } from './map-pass.js';
import type { NetworkSyscalls } from './network-syscalls.js';
import type { KernelCounts, NodeKernel, ProgramSizes } from './node-kernel.js';
import { RingReader } from './ring-reader.js';
import { SocketRow } from './socket-row.js';
import type { VisitPrograms } from './visitor-work.js';

/** Object files, as scripts/build-bpf.sh makes them. */
export interface ProgramFiles {
  readonly sockets: string;
  readonly packets: string;
}

const PAGE = 4_096;
/** Of `struct flow` and `struct tcp_flow`. */
const FLOW_BYTES = 120;
const TCP_FLOW_BYTES = 144;

/** Indices of the two maps `counts`. */
const SocketCount = { lostRows: 0, lostConnections: 1, spilled: 2, made: 3, removed: 4, missed: 5 } as const;
const PacketCount = {
  lostFrames: 0,
  lostPackets: 1,
  lostDns: 2,
  lostCopies: 3,
  made: 4,
  lostTurns: 5,
} as const;

/** The loaded programs of one node: their maps, rings and passes. Everything goes with the process at the latest. */
export class Programs implements NodeKernel {
  readonly socketRows: RingReader;
  readonly frames: RingReader;
  readonly liveSockets: MapPass;
  readonly flows4: MapPass;
  readonly flows6: MapPass;
  readonly tcpFlows: MapPass;
  readonly flowCapacity: number;
  readonly connectionCapacity: number;
  readonly #sockets: BpfObject;
  readonly #packets: BpfObject;
  readonly #mappings: Mapping[] = [];
  readonly #detach: (() => void)[] = [];
  readonly #socketCounts: number;
  readonly #packetCounts: number;
  readonly #key = new Uint32Array(1);
  readonly #keyBytes = new Uint8Array(this.#key.buffer);
  readonly #values: Uint8Array;
  readonly #valuesView: DataView;
  readonly #adoptLink: number;
  /** Connections that user space deleted from the map. */
  #forgotten = 0;
  #flowsForgotten = 0;

  /** Loads and attaches what is for the whole node. Throws SnoopyError with the reason. */
  constructor(
    private readonly bpf: Libbpf,
    syscalls: NetworkSyscalls,
    files: ProgramFiles,
    sizes: ProgramSizes,
  ) {
    this.flowCapacity = sizes.flows4 + sizes.flows6 + sizes.tcpFlows;
    this.connectionCapacity = sizes.connections;
    this.#values = new Uint8Array(8 * bpf.processors());
    this.#valuesView = new DataView(this.#values.buffer);
    this.#sockets = bpf.open(files.sockets);
    this.#packets = bpf.open(files.packets);
    this.#load(sizes);
    this.#socketCounts = this.#sockets.mapFd('counts');
    this.#packetCounts = this.#packets.mapFd('counts');
    if (!syscalls.hasTcx(this.#packets.programFd('ingress'))) {
      throw new SnoopyError(
        'UNSUPPORTED',
        'this kernel cannot attach programs with TCX; that takes Linux 6.6',
      );
    }
    this.socketRows = this.#ring(this.#sockets, 'rows', sizes.rowRingBytes);
    this.frames = this.#ring(this.#packets, 'frames', sizes.frameRingBytes);
    this.liveSockets = this.#pass(this.#sockets, 'read_live', 'connections', SocketRow.bytes);
    this.flows4 = this.#pass(this.#packets, 'read_flows4', 'flows4', FlowRow.bytes);
    this.flows6 = this.#pass(this.#packets, 'read_flows6', 'flows6', FlowRow.bytes);
    this.tcpFlows = this.#pass(this.#packets, 'read_tcp_flows', 'tcp_flows', TcpFlowRow.bytes);
    const adopt = this.#sockets.attachObjectIterator('adopt');
    this.#adoptLink = adopt.linkFd;
    this.#detach.push(adopt.detach, this.#sockets.attach('set_state'));
    this.trim(); // libbpf has read the kernel's types, some 20 MiB, and freed them
  }

  /** What the visitor of namespaces attaches there. */
  get forVisits(): VisitPrograms {
    const fd = (name: string): number => this.#packets.programFd(name);
    return {
      ethernet: { ingress: fd('ingress'), egress: fd('egress') },
      raw: { ingress: fd('ingress_raw'), egress: fd('egress_raw') },
      loopback: { ingress: fd('loopback') },
      adoptLink: this.#adoptLink,
    };
  }

  setPod(cookie: bigint, value: number): void {
    this.bpf.updateMap(this.#sockets.mapFd('pods'), wide(cookie), word(value));
  }

  deletePod(cookie: bigint): void {
    this.bpf.deleteFromMap(this.#packets.mapFd('forwarders'), wide(cookie));
    this.bpf.deleteFromMap(this.#sockets.mapFd('pods'), wide(cookie));
  }

  setSlot(slot: number, number: number): void {
    this.bpf.updateMap(this.#sockets.mapFd('pod_slots'), word(slot), word(number));
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
    if (!this.bpf.deleteFromMap(this.#sockets.mapFd('connections'), key)) return false;
    this.#forgotten++;
    return true;
  }

  counts(): KernelCounts {
    const sockets = (index: number): number => this.#count(this.#socketCounts, index);
    const packets = (index: number): number => this.#count(this.#packetCounts, index);
    return {
      lostRows: sockets(SocketCount.lostRows),
      lostConnections: sockets(SocketCount.lostConnections),
      spilled: sockets(SocketCount.spilled),
      missed: sockets(SocketCount.missed),
      connections: sockets(SocketCount.made) - sockets(SocketCount.removed) - this.#forgotten,
      lostFrames: packets(PacketCount.lostFrames),
      lostPackets: packets(PacketCount.lostPackets),
      lostDns: packets(PacketCount.lostDns),
      lostCopies: packets(PacketCount.lostCopies),
      lostTurns: packets(PacketCount.lostTurns),
      flowsMade: packets(PacketCount.made),
      flows: packets(PacketCount.made) - this.#flowsForgotten,
    };
  }

  isAttached(link: number): boolean {
    return this.bpf.interfaceOfLink(link) !== 0;
  }

  trim(): void {
    this.bpf.releaseMemory();
  }

  close(): void {
    for (const pass of [this.liveSockets, this.flows4, this.flows6, this.tcpFlows]) pass.close();
    for (const detach of this.#detach.splice(0)) detach();
    for (const mapping of this.#mappings.splice(0)) mapping.unmap();
    this.#sockets.close();
    this.#packets.close();
  }

  #load(sizes: ProgramSizes): void {
    this.#sockets.resizeMap('connections', sizes.connections);
    this.#sockets.resizeMap('rows', sizes.rowRingBytes);
    this.#sockets.load();
    this.#packets.resizeMap('flows4', sizes.flows4);
    this.#packets.resizeMap('flows6', sizes.flows6);
    this.#packets.resizeMap('tcp_flows', sizes.tcpFlows);
    this.#packets.resizeMap('frames', sizes.frameRingBytes);
    for (const map of ['pods', 'pod_slots']) this.#packets.shareMap(map, this.#sockets.mapFd(map));
    this.#packets.load();
  }

  /** One value for each processor. */
  #count(map: number, index: number): number {
    this.#key[0] = index;
    this.bpf.readMap(map, this.#keyBytes, this.#values);
    let sum = 0;
    for (let at = 0; at < this.#values.length; at += 8) sum += number64(this.#valuesView, at);
    return sum;
  }

  #ring(object: BpfObject, map: string, size: number): RingReader {
    const fd = object.mapFd(map);
    const consumer = this.bpf.mapMemory(fd, 0, PAGE, true);
    const producer = this.bpf.mapMemory(fd, PAGE, PAGE + size, false);
    this.#mappings.push(consumer, producer);
    return new RingReader(consumer.memory, producer.memory, size, PAGE);
  }

  #pass(object: BpfObject, program: string, map: string, rowBytes: number): MapPass {
    const iterator = object.attachMapIterator(program, map);
    this.#detach.push(() => iterator.detach());
    return new MapPass(iterator, rowBytes);
  }
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
