import { closeSync, openSync } from 'node:fs';
import { FlowRow } from './flow-row.js';
import type { BpfObject, Libbpf, Mapping } from './libbpf.js';
import { MapPass } from './map-pass.js';
import { type NetworkSyscalls, TcxHook } from './network-syscalls.js';
import { RingReader } from './ring-reader.js';
import { SocketRow } from './socket-row.js';

/** Object files, as scripts/build-bpf.sh makes them. */
export interface ProgramFiles {
  readonly sockets: string;
  readonly packets: string;
}

/** Sizes of maps and rings: entries and bytes (powers of two). */
export interface ProgramSizes {
  readonly connections: number;
  readonly flows4: number;
  readonly flows6: number;
  readonly rowRingBytes: number;
  readonly frameRingBytes: number;
}

const PAGE = 4_096;

/** The loaded programs of one node: their maps, rings and passes. Everything goes with the process at the latest. */
export class Programs {
  readonly socketRows: RingReader;
  readonly frames: RingReader;
  readonly liveSockets: MapPass;
  readonly flows4: MapPass;
  readonly flows6: MapPass;
  readonly #sockets: BpfObject;
  readonly #packets: BpfObject;
  readonly #mappings: Mapping[] = [];
  readonly #detach: (() => void)[] = [];
  readonly #home = openSync('/proc/self/ns/net', 'r');

  constructor(
    private readonly bpf: Libbpf,
    private readonly syscalls: NetworkSyscalls,
    files: ProgramFiles,
    sizes: ProgramSizes,
  ) {
    this.#sockets = bpf.open(files.sockets);
    this.#packets = bpf.open(files.packets);
    this.#sockets.resizeMap('connections', sizes.connections);
    this.#sockets.resizeMap('rows', sizes.rowRingBytes);
    this.#packets.resizeMap('flows4', sizes.flows4);
    this.#packets.resizeMap('flows6', sizes.flows6);
    this.#packets.resizeMap('frames', sizes.frameRingBytes);
    this.#sockets.load();
    this.#packets.load();
    this.socketRows = this.#ring(this.#sockets, 'rows', sizes.rowRingBytes);
    this.frames = this.#ring(this.#packets, 'frames', sizes.frameRingBytes);
    this.liveSockets = this.#pass(this.#sockets, 'read_live', 'connections', SocketRow.bytes);
    this.flows4 = this.#pass(this.#packets, 'read_flows4', 'flows4', FlowRow.bytes);
    this.flows6 = this.#pass(this.#packets, 'read_flows6', 'flows6', FlowRow.bytes);
    this.#detach.push(this.#sockets.attach('set_state'));
  }

  /**
   * Attaches to a pod's interfaces, inside its namespace, and lets the sockets program look at it.
   *
   * @param number what rows call the pod, 1 … 2^24-1
   * @param netnsPath file of the namespace
   * @returns a way to detach; the namespace is not held
   */
  attach(number: number, netnsPath: string, interfaces: readonly string[]): () => void {
    const netns = openSync(netnsPath, 'r');
    try {
      return this.syscalls.visit(this.#home, netns, () => this.#attachHere(number, interfaces));
    } finally {
      closeSync(netns);
    }
  }

  #attachHere(number: number, interfaces: readonly string[]): () => void {
    const cookie = this.syscalls.namespaceCookie();
    const links: number[] = [];
    const detach = () => {
      for (const map of this.#podMaps()) this.bpf.deleteFromMap(map, cookie);
      for (const link of links.splice(0)) this.syscalls.closeDescriptor(link);
    };
    try {
      for (const name of interfaces) links.push(...this.#attachInterface(this.syscalls.interfaceIndex(name)));
    } catch (error) {
      detach();
      throw error;
    }
    for (const map of this.#podMaps()) this.bpf.updateMap(map, cookie, word(number));
    return detach;
  }

  #attachInterface(index: number): number[] {
    return [
      this.syscalls.attachTcx(this.#packets.programFd('ingress'), index, TcxHook.ingress),
      this.syscalls.attachTcx(this.#packets.programFd('egress'), index, TcxHook.egress),
    ];
  }

  #podMaps(): readonly number[] {
    return [this.#sockets.mapFd('pods'), this.#packets.mapFd('pods')];
  }

  /** Begins a pass over the flows that no socket counts. @param onlyNew those without a row */
  startFlowPass(onlyNew: boolean): void {
    this.bpf.updateMap(this.#packets.mapFd('only_new'), word(0), word(onlyNew ? 1 : 0));
    this.flows4.start();
    this.flows6.start();
  }

  /** Forgets the flow of a row that said it is idle. */
  deleteFlow(view: DataView, offset: number, version: 4 | 6): void {
    const map = this.#packets.mapFd(version === 4 ? 'flows4' : 'flows6');
    this.bpf.deleteFromMap(map, flowKey(view, offset, version));
  }

  /** What the sockets program lost so far: rows, connections. */
  lostOfSockets(kind: number): number {
    const value = Buffer.alloc(8);
    this.bpf.readMap(this.#sockets.mapFd('lost'), word(kind), value);
    return Number(value.readBigUInt64LE());
  }

  close(): void {
    for (const pass of [this.liveSockets, this.flows4, this.flows6]) pass.close();
    for (const detach of this.#detach) detach();
    for (const mapping of this.#mappings) mapping.unmap();
    this.#sockets.close();
    this.#packets.close();
    closeSync(this.#home);
  }

  #ring(object: BpfObject, map: string, size: number): RingReader {
    const fd = object.mapFd(map);
    const consumer = this.bpf.mapMemory(fd, 0, PAGE, true);
    const producer = this.bpf.mapMemory(fd, PAGE, PAGE + 2 * size, false);
    this.#mappings.push(consumer, producer);
    return new RingReader(consumer.memory, producer.memory, size, PAGE);
  }

  #pass(object: BpfObject, program: string, map: string, rowBytes: number): MapPass {
    const iterator = object.attachMapIterator(program, map);
    this.#detach.push(() => iterator.detach());
    return new MapPass(iterator, rowBytes);
  }
}

/** The map's key of a row: addresses, ports, pod << 8 | protocol. */
function flowKey(view: DataView, offset: number, version: 4 | 6): Uint8Array {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, FlowRow.bytes);
  const skip = version === 4 ? 12 : 0;
  const pod = view.getUint32(offset + FlowRow.pod, true);
  return Buffer.concat([
    bytes.subarray(FlowRow.local + skip, FlowRow.local + 16),
    bytes.subarray(FlowRow.peer + skip, FlowRow.peer + 16),
    bytes.subarray(FlowRow.localPort, FlowRow.localPort + 4),
    word((pod << 8) | view.getUint8(offset + FlowRow.protocol)),
  ]);
}

function word(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}
