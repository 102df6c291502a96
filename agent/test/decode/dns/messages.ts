import type { DnsMessage } from '../../../src/decode/dns-message.js';

export const LABEL_POINTER = 0xc0;

/** A DNS message of raw parts; the view holds nothing else, so that reading too far throws. */
export function message(...parts: (number | string | readonly number[])[]): DataView {
  const bytes = parts.flatMap((part) =>
    typeof part === 'number'
      ? [part]
      : typeof part === 'string'
        ? [...Buffer.from(part, 'latin1')]
        : [...part],
  );
  return new DataView(Uint8Array.from(bytes).buffer);
}

/** Header with an identifier of 0x1234; flags 0x0100 is a query, 0x8180 a response. */
export function header(flags: number, questions = 1, answers = 0, additionals = 0): number[] {
  return [0x12, 0x34, flags >> 8, flags & 255, 0, questions, 0, answers, 0, 0, 0, additionals];
}

/** A label with its length. */
export function label(text: string): number[] {
  return [text.length, ...Buffer.from(text, 'latin1')];
}

/** Type A, class IN. */
export const A_IN = [0, 1, 0, 1];

export function nameOf(dns: DnsMessage): string {
  return Buffer.from(dns.name.subarray(0, dns.nameLength)).toString('latin1');
}
