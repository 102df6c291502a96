import { Protocol } from '@snoopy/proto';
import { addressWords } from './capture-table.js';
import type { FlowStore } from './flow-store.js';
import { LOCAL, ORIGIN, PEER, PORTS, protocolOf, WORDS } from './layout.js';

/** A TCP connection that must not be counted (DESIGN, law 10). Addresses of 4 or 16 bytes; 0.0.0.0: any; port 0: any. */
export interface ExcludedLink {
  readonly address: Uint8Array;
  readonly port: number;
  readonly peerAddress: Uint8Array;
  readonly peerPort: number;
}

const LINK_WORDS = 10;

/** The list of Snoopy's own links; either end may be the pod's. */
export class ExcludedLinks {
  #links = new Int32Array(0);

  set(links: readonly ExcludedLink[]): void {
    this.#links = new Int32Array(links.length * LINK_WORDS);
    links.forEach((link, i) => {
      const at = i * LINK_WORDS;
      addressWords(link.address, this.#links, at);
      addressWords(link.peerAddress, this.#links, at + 4);
      this.#links[at + 8] = link.port;
      this.#links[at + 9] = link.peerPort;
    });
  }

  /** Whether a flow is one of them. Asked once for each flow. */
  has(store: FlowStore, flow: number): boolean {
    const base = flow * WORDS;
    if (protocolOf(store.words[base + ORIGIN]!) !== Protocol.tcp) return false;
    const ports = store.words[base + PORTS]!;
    return this.#has(store.words, base + LOCAL, ports >>> 16, base + PEER, ports & 0xffff);
  }

  get empty(): boolean {
    return this.#links.length === 0;
  }

  /** Whether a TCP connection is one of them. @param ends local address and peer's, four words each */
  hasEnds(ends: Int32Array, localPort: number, peerPort: number): boolean {
    return this.#has(ends, 0, localPort, 4, peerPort);
  }

  #has(words: Int32Array, local: number, localPort: number, peer: number, peerPort: number): boolean {
    for (let at = 0; at < this.#links.length; at += LINK_WORDS) {
      if (this.#matches(words, at, local, localPort, peer, peerPort)) return true;
      if (this.#matches(words, at, peer, peerPort, local, localPort)) return true;
    }
    return false;
  }

  #matches(
    words: Int32Array,
    at: number,
    own: number,
    ownPort: number,
    other: number,
    otherPort: number,
  ): boolean {
    const links = this.#links;
    if (links[at + 8] !== 0 && links[at + 8] !== ownPort) return false;
    if (links[at + 9] !== 0 && links[at + 9] !== otherPort) return false;
    return this.#sameAddress(words, own, at) && this.#sameAddress(words, other, at + 4);
  }

  #sameAddress(words: Int32Array, flow: number, at: number): boolean {
    const links = this.#links;
    const high = (links[at]! | links[at + 1]!) === 0;
    if (high && links[at + 2] === 0xffff && links[at + 3] === 0) return true; // ::ffff:0.0.0.0
    for (let i = 0; i < 4; i++) if (links[at + i] !== words[flow + i]) return false;
    return true;
  }
}
