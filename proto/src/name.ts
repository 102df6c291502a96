import { printable } from './errors.js';

/** Longest name of a pod, a namespace or a node, bytes: that of a DNS name (Kubernetes, "Object Names and IDs"). */
export const MAX_NAME_BYTES = 253;

/**
 * Whether a text can be the name of a pod, a namespace or a node: 1 to 253 bytes without white space, control
 * characters or slashes, and not `.` or `..`, so that it may become part of a file's name or a line of a table.
 */
export function isName(text: string): boolean {
  if (text === '' || text === '.' || text === '..' || /[\s/\\]/u.test(text)) return false;
  return Buffer.byteLength(text) <= MAX_NAME_BYTES && printable(text, text.length) === text;
}
