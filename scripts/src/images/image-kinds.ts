import type { Part } from './bundle.js';

/** What a finished image must and must not be; sizes in bytes, unpacked. */
export interface ImageKind {
  readonly part: Part;
  readonly user: string;
  readonly most: number;
  readonly has: readonly string[];
  readonly hasNot: readonly RegExp[];
}

const MB = 1_000_000;
const TOOLS = ['conntrack', 'ethtool', 'ip', 'iperf3', 'nsenter', 'ping', 'setpriv', 'ss', 'tc', 'tcpdump'];

export const KINDS: readonly ImageKind[] = [
  {
    part: 'agent',
    user: '0:0',
    most: 250 * MB,
    has: [
      ...TOOLS,
      'libbpf.so.1',
      'opt/snoopy/agent/build/bpf/packets.o',
      'usr/local/bin/node',
      'usr/local/bin/podtracer',
      'usr/local/bin/snoopy-agent',
    ],
    hasNot: [/(^|\/)npm$/, /(^|\/)clang/],
  },
  {
    part: 'aggregator',
    user: '65532:65532',
    most: 190 * MB,
    has: ['usr/local/bin/node', 'usr/local/bin/snoopy', 'usr/local/bin/snoopy-aggregator', 'libc.so.6'],
    hasNot: [/(^|\/)(sh|bash|dash|busybox|env|apt|dpkg|npm)$/],
  },
];

export function kindOf(part: string): ImageKind {
  const kind = KINDS.find((one) => one.part === part);
  if (!kind) throw new Error(`${part}: the images are ${KINDS.map((one) => one.part).join(' and ')}`);
  return kind;
}
