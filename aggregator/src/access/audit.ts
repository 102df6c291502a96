import { createHash } from 'node:crypto';

/** One line of the audit: who, what, where, and whether. No payloads, no tokens. */
export interface AuditLine {
  /** `decision`, or `end` of a call that was allowed. */
  readonly audit: 'decision' | 'end';
  readonly allowed?: boolean;
  /** Empty: unknown. */
  readonly user: string;
  readonly peer: string;
  readonly call: string;
  /** `list flows` …, joined by commas. */
  readonly rights?: string;
  /** Empty: all of them. */
  readonly namespaces?: readonly string[];
  readonly node?: string;
  /** Why not; or how it was found to be allowed, when that was not by asking. */
  readonly reason?: string;
  readonly bytes?: number;
  readonly seconds?: number;
  readonly details?: Readonly<Record<string, string | number>>;
}

/** What was asked for as the audit has it, a hash: filters and arguments may hold what nobody else should read. */
export function argvHash(request: object): string {
  return `sha256:${createHash('sha256').update(JSON.stringify(request)).digest('hex')}`;
}

/** Port: where the audit goes. A line is written when `write` returns. */
export interface Audit {
  write(line: AuditLine): void;
}
