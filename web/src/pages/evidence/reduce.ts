type Edge = { readonly from: string; readonly to: string };

/**
 * The edges that say something new: one from a to c is left out where a leads to c by another way. One fact names
 * commit, run and artifact at once, and would else join each with each. Expects no circles; traces have none.
 */
export function reduced<One extends Edge>(edges: readonly One[]): One[] {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to]);
  const reach = new Map<string, ReadonlySet<string>>();
  const reachOf = (node: string): ReadonlySet<string> => {
    const known = reach.get(node);
    if (known !== undefined) return known;
    reach.set(node, new Set());
    const found = new Set<string>();
    for (const to of next.get(node) ?? []) {
      found.add(to);
      for (const further of reachOf(to)) found.add(further);
    }
    reach.set(node, found);
    return found;
  };
  return edges.filter(({ from, to }) => !(next.get(from) ?? []).some((between) => between !== to && reachOf(between).has(to)));
}
