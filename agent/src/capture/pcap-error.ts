/** Why a pcap stream cannot be read any further. */
export const PcapError = {
  none: 0,
  magic: 1,
  /** It is pcapng, which tcpdump never writes to us. */
  pcapng: 2,
  version: 3,
  /** A record longer than the file's own snap length. */
  overSnaplen: 4,
  /** A record longer than any capture has. */
  overLimit: 5,
} as const;

/** Names by number, for metrics. */
export const pcapErrorNames: readonly string[] = Object.keys(PcapError);

/**
 * A sentence for people.
 * @param value what was found: the magic, the version or the record's length
 * @param limit what it was compared with
 */
export function describePcapError(error: number, value: number, limit: number): string {
  switch (error) {
    case PcapError.none:
      return 'no error';
    case PcapError.magic:
      return `not a pcap stream: it begins with 0x${hex(value)} instead of a pcap magic number`;
    case PcapError.pcapng:
      return 'this is pcapng, not pcap: convert it with "editcap -F nsecpcap"';
    case PcapError.version:
      return `pcap version ${value >>> 16}.${value & 0xffff} is not supported, only 2.4 is`;
    case PcapError.overSnaplen:
      return `a record claims ${value} captured bytes, more than the stream's snap length of ${limit}: the stream is damaged`;
    default:
      return `a record claims ${value} captured bytes, more than the limit of ${limit}: the stream is damaged`;
  }
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
