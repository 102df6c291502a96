/** Parsers of setting values; each throws an Error that says what is accepted. */

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, `[v6]:port`, `:port` (all addresses). */
export function hostPort(text: string): HostPort {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s[\]]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) throw new Error('give HOST:PORT, for an IPv6 address [ADDRESS]:PORT');
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port };
}

/** Whether a host is this machine alone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Back to text, brackets where they are needed. */
export function hostPortText({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

const units: Record<string, number> = {
  '': 1,
  k: 1_000,
  m: 1e6,
  g: 1e9,
  ki: 1_024,
  mi: 1 << 20,
  gi: 1 << 30,
};

/** Bytes: `64MiB`, `64Mi`, `500k`, `1048576`. */
export function bytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmg]i?)?b?$/i.exec(text.trim());
  if (!match) throw new Error('give a number of bytes such as 64MiB');
  return Math.round(Number(match[1]) * units[(match[2] ?? '').toLowerCase()]!);
}

const seconds: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3_600 };

/** A span of time in seconds: `30s`, `500ms`, `1h30m`, `2h`. */
export function duration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map((p) => p[0]).join('') !== text) {
    throw new Error('give a time such as 30s, 500ms or 1h30m');
  }
  return parts.reduce((sum, p) => sum + Number(p[1]) * seconds[p[2]!]!, 0);
}

/** A whole number within bounds. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new Error(`give a whole number from ${least} to ${most}`);
    }
    return value;
  };
}

/** One of a closed list. */
export function oneOf<const T extends string>(...values: readonly T[]): (text: string) => T {
  return (text) => {
    if (!(values as readonly string[]).includes(text)) throw new Error(`give one of ${values.join(', ')}`);
    return text as T;
  };
}

/** A comma-separated list; empty text is an empty list. */
export function list(text: string): readonly string[] {
  return text === '' ? [] : text.split(',').map((item) => item.trim());
}

/** A switch. */
export function yesNo(text: string): boolean {
  return oneOf('true', 'false')(text) === 'true';
}

/** Any text. */
export function anyText(text: string): string {
  return text;
}
