import type { InterfaceInfo } from '../podtracer/interface-info.js';

/** All addresses of an interface, as bytes. */
export function addressesOf(info: InterfaceInfo): Uint8Array[] {
  return info.addresses.flatMap(({ address }) => addressBytes(address) ?? []);
}

/** Bytes of an IP address given as text the way the kernel's tools print it: 4 for IPv4, 16 for IPv6; undefined otherwise. */
export function addressBytes(text: string): Uint8Array | undefined {
  return text.includes(':') ? v6(text) : v4(text);
}

function v4(text: string): Uint8Array | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  const bytes = match?.slice(1).map(Number);
  return bytes?.every((byte) => byte <= 255) ? Uint8Array.from(bytes) : undefined;
}

function v6(text: string): Uint8Array | undefined {
  const [head, tail, more] = withoutV4(text.replace(/%.*$/, ''))?.split('::') ?? [];
  if (head === undefined || more !== undefined) return undefined;
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...left, ...Array<string>(tail === undefined ? 0 : missing).fill('0'), ...right];
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
  );
}

/** ::ffff:1.2.3.4 → ::ffff:102:304 */
function withoutV4(text: string): string | undefined {
  const at = text.lastIndexOf(':') + 1;
  if (!text.slice(at).includes('.')) return text;
  const bytes = v4(text.slice(at));
  if (!bytes) return undefined;
  const [a, b, c, d] = bytes as unknown as [number, number, number, number];
  return `${text.slice(0, at)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}
