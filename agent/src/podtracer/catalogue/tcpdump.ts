import { parse, SnoopyError } from '@snoopy/proto';
import type { CaptureRequest } from '../tool-request.js';
import { type Command, refuse, type Tool } from './command.js';
import { checkFilter } from './filter.js';
import { type OptionSpec, readOptions } from './options.js';

/** Most that `-B` may ask for, KiB: rings are memory of the node that no container's limit holds. */
const mostRingKiB = 65_536;
const mostSnaplen = 262_144;
/** Writing this much at once costs tcpdump a third less for each packet than 4 KiB do. */
const outputBuffer = 32_768;
const noFiles = 'tools write no files; use -w - and podtracer -f FILE';

const spec: OptionSpec = {
  tool: 'tcpdump',
  flags: 'AbdDefHJKlLnNOpqStuUvxX#',
  values: 'BcijQsTwy',
  longFlags:
    'absolute-tcp-sequence-numbers dont-verify-checksums immediate-mode list-data-link-types list-interfaces list-time-stamp-types micro nano no-optimize no-promiscuous-mode number packet-buffered print'.split(
      ' ',
    ),
  longValues:
    'buffer-size direction interface linktype snapshot-length time-stamp-precision time-stamp-type'.split(
      ' ',
    ),
  reasons: {
    '-z': 'it runs a program for each file',
    '-w': noFiles,
    '-r': 'it reads a file; this is for live packets',
    '-V': 'it reads a list of files',
    '-F': 'it reads a file; give the filter itself',
    '-G': noFiles,
    '-C': noFiles,
    '-W': noFiles,
    '-Z': 'the user is always nobody',
    '-E': 'secrets do not belong in arguments',
    '-M': 'secrets do not belong in arguments',
    '-m': 'it reads a file',
  },
  checkValue(option, value) {
    if (option === '-w' && value !== '-') throw refuse('tcpdump', `-w ${value}`, noFiles);
    if (option === '-i' || option === '--interface') checkInterface(value);
    if (option === '-B' || option === '--buffer-size') parseWithin(option, value, 1, mostRingKiB);
    if (option === '-s' || option === '--snapshot-length') parseWithin(option, value, 0, mostSnaplen);
  },
};

/** Packets as text, or as pcap with `-w -`. */
export const tcpdump: Tool = {
  name: 'tcpdump',
  package: 'tcpdump',
  capabilities: ['net_raw'],
  help: 'Packets, as text or with -w - as pcap. No files, no name look-ups (-n is added).',
  compose(args) {
    const { options, rest } = readOptions(spec, args);
    const filter = rest.join(' ');
    if (rest.length > 0) checkFilter(filter);
    // -l: a line leaves when it is whole, not when 4 KiB are full. -n: look-ups would be traffic of the pod.
    const lines = options.includes('-w') ? [] : ['-l'];
    return ['-n', ...lines, ...options, ...(rest.length > 0 ? ['--', filter] : [])];
  },
};

/** The capture that the agent starts for itself and for people. Throws SnoopyError(BAD_INPUT). */
export function composeCapture(request: CaptureRequest): Command {
  const { snaplen, ringKiB, filter, maxPackets } = request;
  checkInterface(request.interface);
  requireWithin('snaplen', snaplen, 0, mostSnaplen);
  requireWithin('ringKiB', ringKiB, 1, mostRingKiB);
  if (maxPackets !== undefined) requireWithin('maxPackets', maxPackets, 1, Number.MAX_SAFE_INTEGER);
  if (filter !== '') checkFilter(filter);
  // -p: the pod's interface is not switched to promiscuous mode. -nn: nothing is looked up.
  const args = ['-i', request.interface, '-p', '-nn', '-s', `${snaplen}`, '-B', `${ringKiB}`, '-w', '-'];
  if (request.nanoseconds) args.push('--nano');
  if (request.everyPacket) args.push('-U');
  if (request.immediate) args.push('--immediate-mode');
  if (maxPackets !== undefined) args.push('-c', `${maxPackets}`);
  if (filter !== '') args.push('--', filter);
  const command = { tool: tcpdump.name, package: tcpdump.package, capabilities: tcpdump.capabilities, args };
  return request.everyPacket ? command : { ...command, outputBuffer };
}

/** What compiles a filter and prints the program: needs no interface and no right. Throws SnoopyError(BAD_INPUT). */
export function composeCompile(filter: string): Command {
  checkFilter(filter);
  return {
    tool: 'tcpdump',
    package: 'tcpdump',
    capabilities: [],
    args: ['-d', '-y', 'EN10MB', '--', filter],
  };
}

/** Names of interfaces: at most 15 bytes (IFNAMSIZ), no blanks, no slash. */
function checkInterface(name: string): void {
  if (/^[^\s/\u0000-\u001f\u007f-\u009f-][^\s/\u0000-\u001f\u007f-\u009f]{0,14}$/.test(name)) return;
  throw refuse('tcpdump', name, 'an interface has 1 to 15 characters, no blanks and no slash');
}

function parseWithin(option: string, value: string, least: number, most: number): void {
  try {
    parse.wholeNumber(least, most)(value);
  } catch (error) {
    throw refuse('tcpdump', `${option} ${value}`, (error as Error).message);
  }
}

function requireWithin(what: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new SnoopyError(
    'BAD_INPUT',
    `${what} ${value} will not do: give a whole number from ${least} to ${most}`,
  );
}
