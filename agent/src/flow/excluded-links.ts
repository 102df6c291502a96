import { Protocol } from '@snoopy/proto';
import { addressWords } from './capture-table.js';
import type { FlowStore } from './flow-store.js';
import { LOCAL, ORIGIN, PEER, PORTS, WORDS } from './layout.js';

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
    if ((store.words[base + ORIGIN]! & 0xff) !== Protocol.tcp) return false;
    for (let at = 0; at < this.#links.length; at += LINK_WORDS)
      if (
        this.#matches(store.words, base, at, LOCAL, PEER) ||
        this.#matches(store.words, base, at, PEER, LOCAL)
      )
        return true;
    return false;
  }

  #matches(words: Int32Array, base: number, at: number, own: number, other: number): boolean {
    const links = this.#links;
    const ports = words[base + PORTS]!;
    const ownPort = own === LOCAL ? ports >>> 16 : ports & 0xffff;
    const otherPort = own === LOCAL ? ports & 0xffff : ports >>> 16;
    if (links[at + 8] !== 0 && links[at + 8] !== ownPort) return false;
    if (links[at + 9] !== 0 && links[at + 9] !== otherPort) return false;
    return this.#sameAddress(words, base + own, at) && this.#sameAddress(words, base + other, at + 4);
  }

  #sameAddress(words: Int32Array, flow: number, at: number): boolean {
    const links = this.#links;
    const high = (links[at]! | links[at + 1]!) === 0;
    if (high && links[at + 2] === 0xffff && links[at + 3] === 0) return true; // ::ffff:0.0.0.0
    for (let i = 0; i < 4; i++) if (links[at + i] !== words[flow + i]) return false;
    return true;
  }
}
