import type { InterfaceInfo } from '../podtracer/interface-info.js';
import type { Bell, KernelWork } from '../watch/flow-engine.js';
import type { FlowMap } from './flow-row.js';

/** Port: records that the kernel wrote, one after the other. */
export interface Ring {
  readonly data: DataView;
  /** Of the record that next() found. */
  readonly offset: number;
  /** Its bytes. */
  readonly length: number;
  /** Moves to the next record; false when there is none (yet). */
  next(): boolean;
  /** Gives the space of everything read so far back. */
  release(): void;
}

/** Port: passes over a map of the kernel, one at a time, row by row. */
export interface Pass {
  readonly data: DataView;
  /** Of the row that next() found. */
  readonly offset: number;
  readonly running: boolean;
  /** Rows that were read and not given yet. */
  readonly buffered: boolean;
  /** Begins a pass; does nothing while one runs. */
  start(): void;
  /** Moves to the next row; false at the end of the pass. */
  next(): boolean;
}

/** Sizes of maps and rings: entries and bytes (powers of two). */
export interface ProgramSizes {
  readonly connections: number;
  readonly flows4: number;
  readonly flows6: number;
  /** TCP flows by frames. */
  readonly tcpFlows: number;
  readonly rowRingBytes: number;
  readonly frameRingBytes: number;
  readonly helloRingBytes: number;
}

/** What the programs counted since they were loaded. */
export interface KernelCounts {
  /** Last rows of connections and attempts that found no room in the ring. */
  readonly lostRows: number;
  /** Connections older than the watch that found no room. */
  readonly lostConnections: number;
  /** Connections that found no room in the map, and are told at their beginning and end only. */
  readonly spilled: number;
  /** Ends that the kernel did not show the programs, found when their sockets' memory was used again. */
  readonly missed: number;
  /** Connections in the map. */
  readonly connections: number;
  /** Packets that were to be copied and found no room in the ring. */
  readonly lostFrames: number;
  /** Packets of flows that found no room in the maps. */
  readonly lostPackets: number;
  /** DNS messages that were counted but not read. */
  readonly lostDns: number;
  /** Packets that could not be copied. */
  readonly lostCopies: number;
  /** Packets that open or end a connection, counted but not read. */
  readonly lostTurns: number;
  /** Beginnings of TLS that found no room in their ring. */
  readonly lostHellos: number;
  /** Flows that were made, and those of them that are in the maps. */
  readonly flowsMade: number;
  readonly flows: number;
}

/** Port: the loaded programs of one node, as the main thread uses them. */
export interface NodeKernel {
  readonly socketRows: Ring;
  readonly frames: Ring;
  /** Beginnings of TLS, as copied frames. */
  readonly hellos: Ring;
  /** Whether TCP is counted by its sockets. */
  readonly sockets: boolean;
  readonly liveSockets: Pass;
  readonly flows4: Pass;
  readonly flows6: Pass;
  /** TCP that is counted by its frames. */
  readonly tcpFlows: Pass;
  /** Flows that fit, of both IP versions. */
  readonly flowCapacity: number;
  /** Connections that fit. */
  readonly connectionCapacity: number;
  /** From now on the namespace is that pod's. @param value number and PodFlag */
  setPod(cookie: bigint, value: number): void;
  deletePod(cookie: bigint): void;
  /** The number that is valid in its slot; 0: none. */
  setSlot(slot: number, number: number): void;
  /** Begins a pass over the flows that no socket counts. @param onlyNew those without a row */
  startFlowPass(onlyNew: boolean, idleMs: number): void;
  /** Forgets the flow of a row. What came for it after the row is in the row that is returned, if anything did. */
  deleteFlow(row: DataView, offset: number, map: FlowMap): DataView | undefined;
  /** Forgets the connection of a row. False when it is forgotten already. */
  deleteConnection(row: DataView, offset: number): boolean;
  counts(): KernelCounts;
  /** What was done so far; asked for by whoever watches the watcher. */
  readonly work: Omit<KernelWork, 'maps' | 'attachFailures'>;
  /** Whether a program is still attached: its interface may be gone. @param link descriptor */
  isAttached(link: number): boolean;
  /** Rings when there is something in a ring. */
  readonly bell: Bell;
  /** Gives memory back that C's allocator holds and nobody uses. */
  trim(): void;
  /** Ends what is attached and frees everything. */
  close(): void;
}

/** A program attached to one interface. */
export interface Attached {
  /** The namespace, as the programs know it. */
  readonly cookie: bigint;
  readonly links: readonly number[];
  /** Of what interfaces and addresses there were. */
  readonly mark: string;
  /** Of the interface, where tc's filters are in the place of links; else 0. */
  readonly index: number;
}

/** A namespace as its file and the programs know it. */
export interface Met {
  readonly inode: number;
  readonly cookie: bigint;
}

/** Where a namespace can be looked into again without holding it. */
export interface Place {
  readonly path: string;
  readonly inode: number;
}

/** How frames look at an interface. */
export type LinkKind = 'ethernet' | 'raw' | 'loopback';

export function linkOf({ loopback, link }: InterfaceInfo): LinkKind {
  if (loopback) return 'loopback';
  return link === 'ether' ? 'ethernet' : 'raw';
}

/** Port: short visits to namespaces, made on another thread. */
export interface NamespaceVisits {
  /** Attaches to an interface. @param netns descriptor of the namespace, open until it resolves */
  attach(netns: number, interfaceName: string, link: LinkKind): Promise<Attached>;
  /** The same where nobody holds the namespace. */
  attachAt(place: Place, interfaceName: string, link: LinkKind): Promise<Attached>;
  /** The namespace behind a path, as its file and the programs know it; undefined when there is none. */
  meet(path: string): Promise<Met | undefined>;
  /** Interfaces there, with addresses; undefined when the namespace is no longer that one. */
  interfacesAt(place: Place): Promise<readonly InterfaceInfo[] | undefined>;
  /** Remembers the connections that are older than the watch. False when some found no room. */
  adopt(netns: number): Promise<boolean>;
  /** Interfaces there, with addresses. @param netns descriptor, open until it resolves */
  interfaces(netns: number): Promise<readonly InterfaceInfo[]>;
  /** What interfaces and addresses there are, as marks; undefined where the namespace is no longer that one. */
  look(places: readonly Place[]): Promise<readonly (string | undefined)[]>;
  /** Whether tc's filters are there, with which it was attached. */
  hasFilters(place: Place, index: number): Promise<boolean>;
  /** Ends what was attached. Links would go with the process, filters would not: resolves when they are gone. */
  release(place: Place, attached: Attached): Promise<void>;
  close(): void;
}
