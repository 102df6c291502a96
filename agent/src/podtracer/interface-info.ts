/** One address of an interface. */
export interface InterfaceAddress {
  /** As text, without prefix length. */
  readonly address: string;
  readonly prefix: number;
}

/** A network interface inside a pod. */
export interface InterfaceInfo {
  readonly index: number;
  readonly name: string;
  readonly up: boolean;
  readonly loopback: boolean;
  /** The kernel's word for the link: `ether`, `loopback`, `none` (tun), … */
  readonly link: string;
  /** Six bytes for `ether` and `loopback`. */
  readonly mac?: Uint8Array;
  readonly mtu: number;
  readonly addresses: readonly InterfaceAddress[];
}
