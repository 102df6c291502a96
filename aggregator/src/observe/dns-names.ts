import { DNS_NO_ANSWER } from '@snoopy/proto';

/** Types people meet (IANA, "Domain Name System (DNS) Parameters"). */
const types: Readonly<Record<number, string>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  12: 'PTR',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  33: 'SRV',
  35: 'NAPTR',
  39: 'DNAME',
  41: 'OPT',
  43: 'DS',
  46: 'RRSIG',
  47: 'NSEC',
  48: 'DNSKEY',
  52: 'TLSA',
  64: 'SVCB',
  65: 'HTTPS',
  251: 'IXFR',
  252: 'AXFR',
  255: 'ANY',
  257: 'CAA',
};

const rcodes: readonly string[] = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
];

/** `Dns.type`; unknown ones as RFC 3597 writes them. */
export function dnsTypeName(type: number): string {
  return types[type] ?? `TYPE${type}`;
}

/** `Dns.rcode`; unknown ones as `RCODE…`. */
export function dnsRcodeName(rcode: number): string {
  if (rcode === DNS_NO_ANSWER) return 'NOANSWER';
  return rcodes[rcode] ?? `RCODE${rcode}`;
}
