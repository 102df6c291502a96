import { printable, SnoopyError } from '@snoopy/proto';

/** One entry of a namespace list, checked. */
export interface NetnsEntry {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Path of the network namespace. */
  readonly netns: string;
}

const mostEntries = 10_000;
const keys = ['namespace', 'name', 'uid', 'labels', 'netns'];
/** Names as Kubernetes has them (RFC 1123 subdomains): they end in file names, metrics and terminals. */
const nameShape = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const uidShape = /^[A-Za-z0-9]([-A-Za-z0-9._/]{0,251}[A-Za-z0-9])?$/;
const labelKeyShape = /^([a-z0-9.-]{1,253}\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const labelValueShape = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/**
 * Reads a namespace list: a JSON array of `{"namespace","name","uid"?,"labels"?,"netns":"/run/netns/x"}`. Without uid
 * an entry is known as NAMESPACE/NAME. Throws SnoopyError(BAD_INPUT) that names the entry and says what is accepted.
 */
export function parseNetnsList(text: string): readonly NetnsEntry[] {
  const value = parseJson(text);
  if (!Array.isArray(value))
    throw bad('the list must be a JSON array of objects with namespace, name and netns');
  if (value.length > mostEntries) throw bad(`the list has ${value.length} entries, ${mostEntries} at most`);
  const entries = value.map(readEntry);
  refuseTwins(entries.map(({ uid }) => uid));
  refuseTwins(entries.map(({ namespace, name }) => `${namespace}/${name}`));
  return entries;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw bad(`it is not JSON: ${(error as Error).message}`);
  }
}

function readEntry(value: unknown, index: number): NetnsEntry {
  const at = `entry ${index + 1}`;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad(`${at} is not an object`);
  const entry = value as Record<string, unknown>;
  const odd = Object.keys(entry).find((key) => !keys.includes(key));
  if (odd !== undefined) throw bad(`${at} has an unknown key ${quote(odd)}; known are ${keys.join(', ')}`);
  const namespace = text(
    entry,
    'namespace',
    at,
    nameShape,
    'small letters, digits, - and . as in Kubernetes',
  );
  const name = text(entry, 'name', at, nameShape, 'small letters, digits, - and . as in Kubernetes');
  const fallback = { uid: `${namespace}/${name}`, ...entry };
  return {
    namespace,
    name,
    uid: text(fallback, 'uid', at, uidShape, 'letters, digits, -, ., _ and /'),
    labels: readLabels(entry.labels ?? {}, at),
    netns: readPath(entry, at),
  };
}

function readPath(entry: Record<string, unknown>, at: string): string {
  const path = text(
    entry,
    'netns',
    at,
    /^\/[^\u0000-\u001f\u007f]{1,4095}$/,
    'an absolute path such as /run/netns/web',
  );
  if (path.split('/').includes('..')) throw bad(`${at}: netns ${quote(path)} will not do: no .. in the path`);
  return path;
}

function readLabels(value: unknown, at: string): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw bad(`${at}: labels must be an object of texts`);
  }
  for (const [key, label] of Object.entries(value)) {
    if (!labelKeyShape.test(key))
      throw bad(`${at}: label key ${quote(key)} will not do: give one as in Kubernetes`);
    if (typeof label !== 'string' || !labelValueShape.test(label)) {
      throw bad(
        `${at}: value ${quote(label)} of label ${key} will not do: at most 63 letters, digits, -, _ and .`,
      );
    }
  }
  return { ...(value as Record<string, string>) };
}

function text(
  entry: Record<string, unknown>,
  key: string,
  at: string,
  shape: RegExp,
  accepted: string,
): string {
  const value = entry[key];
  if (value === undefined) throw bad(`${at} has no ${key}`);
  if (typeof value === 'string' && shape.test(value)) return value;
  throw bad(`${at}: ${key} ${quote(value)} will not do: give ${accepted}`);
}

function refuseTwins(values: readonly string[]): void {
  const seen = new Set<string>();
  for (const value of values) {
    if (seen.has(value)) throw bad(`${quote(value)} is there twice`);
    seen.add(value);
  }
}

function quote(value: unknown): string {
  return printable(JSON.stringify(value) ?? 'nothing', 100);
}

function bad(message: string): SnoopyError {
  return new SnoopyError('BAD_INPUT', message);
}
