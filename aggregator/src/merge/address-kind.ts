/** What can be told of an address by itself. Addresses are 16 bytes, IPv4 as ::ffff:a.b.c.d. */

/** For use within (RFC 1918, RFC 6598, RFC 4193). @param at of 16 bytes */
export function isPrivate(bytes: Uint8Array, at: number): boolean {
  const [first, second] = [bytes[at + 12]!, bytes[at + 13]!];
  if (bytes[at] !== 0) return (bytes[at]! & 0xfe) === 0xfc;
  if (bytes[at + 10] !== 0xff) return false;
  if (first === 10) return true;
  if (first === 172) return (second & 0xf0) === 16;
  if (first === 192) return second === 168;
  return first === 100 && (second & 0xc0) === 64;
}

/** For several receivers: multicast (RFC 4291, 2.7; RFC 1112) or the limited broadcast (RFC 919). @param at of 16 bytes */
export function isToMany(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] !== 0) return bytes[at] === 0xff;
  if (bytes[at + 10] !== 0xff) return false;
  const first = bytes[at + 12]!;
  return first >>> 4 === 14 || (first === 255 && bytes[at + 15] === 255);
}
