/** What ICMP types and codes mean (IANA, "ICMP Parameters" and "ICMPv6 Parameters"), in a few words. */

const unreachable4: Readonly<Record<number, string>> = {
  0: 'network unreachable',
  1: 'host unreachable',
  2: 'protocol unreachable',
  3: 'port unreachable',
  4: 'fragmentation needed',
  9: 'network prohibited',
  10: 'host prohibited',
  13: 'prohibited by a filter',
};

const types4: Readonly<Record<number, string>> = {
  0: 'echo reply',
  5: 'redirect',
  8: 'echo',
  11: 'time exceeded',
  12: 'bad header',
};

const unreachable6: Readonly<Record<number, string>> = {
  0: 'no route',
  1: 'prohibited by a filter',
  3: 'address unreachable',
  4: 'port unreachable',
  6: 'route rejected',
};

const types6: Readonly<Record<number, string>> = {
  2: 'packet too big',
  3: 'time exceeded',
  4: 'bad header',
  128: 'echo',
  129: 'echo reply',
  130: 'multicast query',
  131: 'multicast report',
  132: 'multicast done',
  133: 'router solicitation',
  134: 'router advertisement',
  135: 'neighbour solicitation',
  136: 'neighbour advertisement',
  137: 'redirect',
  143: 'multicast report',
};

/** `port unreachable`, else `icmp 3/15`. @param version6 the addresses are IPv6 */
export function icmpText(version6: boolean, type: number, code: number): string {
  const words = version6
    ? type === 1
      ? unreachable6[code]
      : types6[type]
    : type === 3
      ? unreachable4[code]
      : types4[type];
  return words ?? `icmp ${type}/${code}`;
}
