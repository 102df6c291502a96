/** What a caller may see: everything, or what happens in some namespaces. */
export interface Scope {
  readonly all: boolean;
  /** Whether the pods of a namespace may be named. */
  sees(namespace: string): boolean;
}

export const everything: Scope = { all: true, sees: () => true };

export function onlyNamespaces(namespaces: readonly string[]): Scope {
  const known = new Set(namespaces);
  return { all: false, sees: (namespace) => known.has(namespace) };
}
