/** Bytes of an IPv4 header without options (RFC 791). */
export const IPV4_HEADER = 20;
/** Fragment offset within its 16 bits, in units of 8 bytes. */
export const IPV4_OFFSET_MASK = 0x1fff;
/** The two words before the address in ::ffff:a.b.c.d are 0, this is the third. */
export const MAPPED_WORD = 0xffff;
/** Bytes of an IPv6 header without extensions (RFC 8200). */
export const IPV6_HEADER = 40;
