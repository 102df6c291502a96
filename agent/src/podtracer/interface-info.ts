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

interface IpAddrEntry {
  readonly ifindex: number;
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly link_type: string;
  readonly address?: string;
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number }[];
}

/** Reads the output of `ip -j addr`. Throws when it is not that. */
export function parseInterfaces(text: string): InterfaceInfo[] {
  const entries = JSON.parse(text) as readonly IpAddrEntry[];
  // ip prints an empty object for each link that an option filters out.
  return entries.filter(({ ifname }) => ifname !== undefined).map(interfaceOf);
}

function interfaceOf(entry: IpAddrEntry): InterfaceInfo {
  const mac = macBytes(entry.address ?? '');
  return {
    index: entry.ifindex,
    name: entry.ifname,
    up: entry.flags.includes('UP'),
    loopback: entry.flags.includes('LOOPBACK'),
    link: entry.link_type,
    mtu: entry.mtu,
    ...(mac ? { mac } : {}),
    addresses: (entry.addr_info ?? []).flatMap(({ local, prefixlen }) =>
      local === undefined ? [] : [{ address: local, prefix: prefixlen ?? 0 }],
    ),
  };
}

function macBytes(text: string): Uint8Array | undefined {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(text)) return undefined;
  return Uint8Array.from(text.split(':'), (byte) => Number.parseInt(byte, 16));
}
