import { isMap, isScalar, parseDocument, type YAMLMap } from 'yaml';

/** One line of values.yaml: what may be set, and what the comment above it says after "# --". */
export interface ChartValue {
  /** From the top: `agent.resources.limits.memory`. */
  readonly path: readonly string[];
  /** As it stands there; an object only if it is empty or described as a whole. */
  readonly fallback: unknown;
  readonly text: string;
}

/** Every described value of a values.yaml, in its order. @throws Error naming those that nothing describes */
export function readValues(source: string): ChartValue[] {
  const document = parseDocument(source);
  if (document.errors.length > 0) throw document.errors[0]!;
  const found: ChartValue[] = [];
  walk(document.contents as YAMLMap, [], found);
  const silent = found.filter(({ text }) => text === '').map(({ path }) => path.join('.'));
  if (silent.length > 0) throw new Error(`values.yaml does not say what these are: ${silent.join(', ')}`);
  return found;
}

function walk(map: YAMLMap, above: readonly string[], found: ChartValue[]): void {
  for (const [index, pair] of map.items.entries()) {
    const key = pair.key as { value: string; commentBefore?: string };
    const path = [...above, key.value];
    // The comment above a map's first entry belongs to the map.
    const comment = key.commentBefore ?? (index === 0 ? map.commentBefore : undefined);
    const text = described(comment ?? '');
    if (text === '' && isMap(pair.value) && pair.value.items.length > 0) {
      walk(pair.value, path, found);
      continue;
    }
    const fallback = isScalar(pair.value) ? pair.value.value : (pair.value as YAMLMap | undefined)?.toJSON();
    found.push({ path, fallback, text });
  }
}

/** What follows "--", its lines joined. */
function described(comment: string): string {
  const start = comment.lastIndexOf('-- ');
  if (start === -1) return '';
  return comment
    .slice(start + 3)
    .split('\n')
    .map((line) => line.trim())
    .join(' ');
}
