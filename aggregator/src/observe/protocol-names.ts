import { Protocol } from '@snoopy/proto';

const names: ReadonlyMap<number, string> = new Map([
  [Protocol.tcp, 'TCP'],
  [Protocol.udp, 'UDP'],
  [Protocol.sctp, 'SCTP'],
  [Protocol.icmp, 'ICMP'],
  [Protocol.icmpv6, 'ICMPv6'],
]);

/** `Flow.protocol`: the name, else the IANA number. */
export function protocolName(protocol: number): string {
  return names.get(protocol) ?? String(protocol);
}

/** The number of a protocol given by name, in any case, or by number; undefined when it is neither. */
export function protocolNumber(text: string): number | undefined {
  const lower = text.toLowerCase();
  for (const [number, name] of names) if (name.toLowerCase() === lower) return number;
  return /^\d{1,3}$/.test(text) && Number(text) < 256 ? Number(text) : undefined;
}

/** Whether its ports are ports: those of ICMP rows hold an identifier, a type and a code. */
export function hasPorts(protocol: number): boolean {
  return protocol === Protocol.tcp || protocol === Protocol.udp || protocol === Protocol.sctp;
}
