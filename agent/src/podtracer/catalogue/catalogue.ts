import { printable, SnoopyError } from '@snoopy/proto';
import type { ToolRequest } from '../tool-request.js';
import type { Command, Tool } from './command.js';
import { conntrack, ethtool, nstat } from './counters.js';
import { ip, ss, tc } from './iproute.js';
import { iperf3, ping } from './probes.js';
import { composeCapture, tcpdump } from './tcpdump.js';

/** Everything that can run inside a pod's network (DESIGN, law 6). */
export const catalogue: readonly Tool[] = [tcpdump, ip, ss, tc, iperf3, ping, conntrack, ethtool, nstat];

const mostArguments = 200;
const mostBytes = 8_192;

/** Well-known tools that are not there, and what to use instead. */
const absent: Readonly<Record<string, string>> = {
  tshark:
    'it writes a capture file and its child outlives it; pipe it: podtracer run tcpdump -a "-w -" … | tshark -r -',
  iperf: 'use iperf3',
  netstat: 'use ss',
  ifconfig: 'use ip addr',
  route: 'use ip route',
  arp: 'use ip neigh',
};

/** Turns a request into what is started. Throws SnoopyError(BAD_INPUT) with a sentence when it is refused. */
export function compose(request: ToolRequest): Command {
  if (request.kind === 'capture') return composeCapture(request);
  const tool = catalogue.find(({ name }) => name === request.tool);
  if (!tool) throw unknown(request.tool);
  checkSize(tool.name, request.args);
  const { name, capabilities, fileCapabilities = false } = tool;
  return {
    tool: name,
    capabilities,
    fileCapabilities,
    package: tool.package,
    args: tool.compose(request.args),
  };
}

function unknown(name: string): SnoopyError {
  const hint = Object.hasOwn(absent, name) ? `: ${absent[name]}` : '';
  const names = catalogue.map((tool) => tool.name).join(', ');
  const shown = printable(JSON.stringify(name), 60);
  return new SnoopyError('BAD_INPUT', `no tool ${shown} is in the catalogue${hint}; it has ${names}`);
}

function checkSize(tool: string, args: readonly string[]): void {
  const bytes = args.reduce((sum, argument) => sum + Buffer.byteLength(argument) + 1, 0);
  if (args.length > mostArguments || bytes > mostBytes) {
    throw new SnoopyError(
      'BAD_INPUT',
      `${tool}: too many arguments: at most ${mostArguments} with ${mostBytes} bytes in all`,
    );
  }
  const odd = args.find((argument) => /[\u0000-\u001f\u007f-\u009f]/.test(argument));
  if (odd !== undefined)
    throw new SnoopyError('BAD_INPUT', `${tool}: arguments must not hold control characters`);
}
