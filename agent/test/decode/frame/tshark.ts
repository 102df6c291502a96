import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Everything off that looks at more than one packet or changes numbers. */
const PREFERENCES = [
  'ip.defragment:FALSE',
  'ipv6.defragment:FALSE',
  'tcp.desegment_tcp_streams:FALSE',
  'tcp.analyze_sequence_numbers:FALSE',
];

/** Values of one field in one packet, outermost first; a quoted packet (ICMP) gives a second one. */
export type Fields = ReadonlyMap<string, readonly string[]>;

/** Dissects files of any link types in one run of tshark; the packets come in the order of the files. */
export function dissect(files: readonly string[], fields: readonly string[]): Fields[] {
  const folder = mkdtempSync(join(tmpdir(), 'snoopy-tshark-'));
  try {
    const merged = join(folder, 'all.pcapng');
    execFileSync('mergecap', ['-a', '-w', merged, ...files]);
    const options = PREFERENCES.flatMap((preference) => ['-o', preference]);
    const wanted = fields.flatMap((field) => ['-e', field]);
    const format = ['-T', 'fields', '-E', 'occurrence=a', '-E', 'aggregator=|', '-E', 'separator=/t'];
    const output = execFileSync('tshark', ['-n', '-r', merged, ...options, ...format, ...wanted], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const lines = output.split('\n').slice(0, -1);
    return lines.map((line) => {
      const values = line.split('\t');
      return new Map(fields.map((field, i) => [field, values[i] ? values[i].split('|') : []]));
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
