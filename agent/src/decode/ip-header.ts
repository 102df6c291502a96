/** Shortest IPv4 header, bytes. */
export const IPV4_HEADER = 20;
/** Fragment offset, in 8 bytes, in the word at 6 of an IPv4 header. */
export const IPV4_OFFSET_MASK = 0x1fff;
export const IPV4_MORE_FRAGMENTS = 0x2000;
/** Third word of an IPv4 address in four words, ::ffff:a.b.c.d; the first two are 0. */
export const MAPPED_WORD = 0xffff;
/** IPv6 header without extensions, bytes. */
export const IPV6_HEADER = 40;
