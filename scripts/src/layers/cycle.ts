/**
 * A cycle of a directed graph, first node repeated at the end, or undefined. Depth-first search with three colours
 * (Cormen et al., Introduction to Algorithms, 22.3): an edge to a node still open closes a cycle.
 */
export function findCycle(edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const open: string[] = [];
  const visit = (node: string): string[] | undefined => {
    if (done.has(node)) return undefined;
    const start = open.indexOf(node);
    if (start >= 0) return [...open.slice(start), node];
    open.push(node);
    for (const next of edges.get(node) ?? []) {
      const cycle = visit(next);
      if (cycle) return cycle;
    }
    open.pop();
    done.add(node);
    return undefined;
  };
  for (const node of edges.keys()) {
    const cycle = visit(node);
    if (cycle) return cycle;
  }
  return undefined;
}
