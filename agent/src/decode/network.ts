import { DecodeError } from './decode-error.js';
import type { Decoded } from './decoded.js';
import { ipv4 } from './ipv4.js';
import { ipv6 } from './ipv6.js';

const EtherType = { ipv4: 0x0800, ipv6: 0x86dd, vlan: 0x8100, qinq: 0x88a8, oldQinq: 0x9100 } as const;

/** 802.1Q tag control information and the EtherType behind it. */
const TAG = 4;
/** Two are usual, three are seen; a frame full of tags is an attack. */
const MAX_TAGS = 8;

/** What an EtherType announces, behind any number of VLAN tags (802.1Q, 802.1ad, and the older 0x9100). */
export function network(
  view: DataView,
  at: number,
  end: number,
  wireEnd: number,
  etherType: number,
  out: Decoded,
): number {
  if (etherType === EtherType.ipv4) return ipv4(view, at, end, wireEnd, out);
  if (etherType === EtherType.ipv6) return ipv6(view, at, end, wireEnd, out);
  let next = at;
  let type = etherType;
  for (
    let tags = 0;
    type === EtherType.vlan || type === EtherType.qinq || type === EtherType.oldQinq;
    tags++
  ) {
    if (tags === MAX_TAGS) return DecodeError.vlanDepth;
    if (end - next < TAG) return DecodeError.linkTruncated;
    type = view.getUint16(next + 2);
    next += TAG;
  }
  if (type === EtherType.ipv4) return ipv4(view, next, end, wireEnd, out);
  if (type === EtherType.ipv6) return ipv6(view, next, end, wireEnd, out);
  return DecodeError.notIp;
}
