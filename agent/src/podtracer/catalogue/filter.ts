import { SnoopyError } from '@snoopy/proto';

const mostBytes = 1_024;

/**
 * Checks a capture filter (pcap-filter(7)) before anything else looks at it. Throws SnoopyError(BAD_INPUT). Whether it
 * is a filter at all only tcpdump can tell.
 */
export function checkFilter(filter: string): void {
  if (filter.trim() === '') throw bad('it is empty; leave it away to capture everything');
  if (Buffer.byteLength(filter) > mostBytes) throw bad(`it is longer than ${mostBytes} bytes`);
  if (/[\u0000-\u001f\u007f-\u009f]/.test(filter)) throw bad('it holds control characters');
  const option = filter.split(/\s+/).find((token) => token.startsWith('-'));
  if (option !== undefined) throw bad('no word in it may begin with -, that would be an option of tcpdump');
}

function bad(why: string): SnoopyError {
  return new SnoopyError('BAD_INPUT', `the capture filter is refused: ${why}`);
}
