import { type AddressWords, isIpv4, parseAddress } from '../ip-address.js';
import { networkOrder } from '../network-order.js';

/** Whether the 16 bytes of an address that begin at `words[at]`, in the machine's byte order, are within. */
export type AddressMatcher = (words: Uint32Array, at: number) => boolean;

/**
 * `10.0.0.0/8`, `2001:db8::/32` or one address. An IPv6 range never holds IPv4 addresses, `::/0` neither.
 * Throws an Error whose message says what is wrong.
 */
export function cidrMatcher(text: string): AddressMatcher {
  const slash = text.indexOf('/');
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (!address) throw new Error(`${JSON.stringify(text)} is no address and no range such as 10.0.0.0/8`);
  const v4 = isIpv4(address);
  const most = v4 ? 32 : 128;
  const bits = slash < 0 ? most : readBits(text.slice(slash + 1), most, text);
  return matcher(address, v4 ? bits + 96 : bits, v4);
}

function readBits(text: string, most: number, whole: string): number {
  if (!/^\d{1,3}$/.test(text) || Number(text) > most) {
    throw new Error(`${JSON.stringify(whole)}: after the slash give a number from 0 to ${most}`);
  }
  return Number(text);
}

/** What it compares with is brought into the machine's order, once. */
function matcher(address: AddressWords, bits: number, v4: boolean): AddressMatcher {
  const [m0, m1, m2, m3] = networkOrder([0, 32, 64, 96].map((before) => mask(bits - before)));
  const [a0, a1, a2, a3] = networkOrder(address);
  const [, , mapped] = networkOrder([0, 0, 0xffff, 0]);
  return (words, at) =>
    ((words[at]! ^ a0) & m0) === 0 &&
    ((words[at + 1]! ^ a1) & m1) === 0 &&
    ((words[at + 2]! ^ a2) & m2) === 0 &&
    ((words[at + 3]! ^ a3) & m3) === 0 &&
    (words[at] === 0 && words[at + 1] === 0 && words[at + 2] === mapped) === v4;
}

/** A word with so many leading ones. */
function mask(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : -1 << (32 - bits);
}
