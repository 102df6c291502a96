import { execFileSync } from 'node:child_process';

/** A datagram of `udpSend` in a capture. */
export interface FoundDatagram {
  /** Name of its interface. */
  readonly where: string;
  readonly number: number;
  /** Seconds since 1970. */
  readonly time: number;
}

/**
 * The numbered datagrams to a port in a file of packets, in the file's order, as tshark reads them. The number is taken
 * from `udp.payload`, not from `data.data`: tshark guesses what a payload is, and some numbers look like DNS or STUN.
 */
export function datagrams(path: string, port: number): FoundDatagram[] {
  const fields = ['frame.interface_name', 'udp.payload', 'frame.time_epoch'].flatMap((field) => [
    '-e',
    field,
  ]);
  const args = ['-n', '-r', path, '-Y', `udp.dstport == ${port}`, '-T', 'fields', ...fields];
  const text = execFileSync('tshark', args, { encoding: 'utf8', maxBuffer: 1 << 30, stdio: 'pipe' });
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [where, payload, time] = line.split('\t');
      return { where: where!, number: Number.parseInt(payload!.slice(0, 8), 16), time: Number(time) };
    });
}
