/** Longest label value; Kubernetes' names have at most 253 characters. */
const MOST = 253;

/** `name="value"` as the text format wants it (Prometheus, "Exposition formats"): backslash, quote, line feed. */
export function label(name: string, value: string): string {
  const short = value.length > MOST ? `${value.slice(0, MOST - 1)}…` : value;
  const escaped = short
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\0', '?');
  return `${name}="${escaped}"`;
}
