/** A thing and the names of those it needs. */
export type Node = { readonly name: string; readonly needs: readonly string[] };

/**
 * One cycle among `nodes` per knot, each as the names in order (`a needs b needs a` is `[a, b]`); names that nobody
 * has are passed over. Empty: the graph can be ordered. Iterative, so that depth is no limit.
 */
export function cyclesOf(nodes: readonly Node[]): readonly (readonly string[])[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const done = new Set<string>();
  const cycles: string[][] = [];
  for (const root of nodes) {
    const path: string[] = [];
    const stack: { readonly name: string; next: number }[] = done.has(root.name) ? [] : [{ name: root.name, next: 0 }];
    while (stack.length > 0) {
      const top = stack.at(-1);
      if (top === undefined) break;
      if (top.next === 0) path.push(top.name);
      const need = byName.get(top.name)?.needs[top.next];
      top.next += 1;
      if (need === undefined) {
        done.add(top.name);
        path.pop();
        stack.pop();
      } else if (path.includes(need)) {
        cycles.push(path.slice(path.indexOf(need)));
        // One telling per knot: what hangs on it is not visited again.
        for (const name of path) done.add(name);
        stack.length = 0;
      } else if (byName.has(need) && !done.has(need)) stack.push({ name: need, next: 0 });
    }
  }
  return cycles;
}

/** `nodes` with each behind those it needs, else in the given order. The graph must have no cycle. */
export function inOrderOfNeed<N extends Node>(nodes: readonly N[]): N[] {
  const placed = new Set<string>();
  const left = [...nodes];
  const order: N[] = [];
  while (left.length > 0) {
    const ready = left.findIndex((node) => node.needs.every((need) => placed.has(need)));
    const [next] = left.splice(Math.max(0, ready), 1);
    if (next === undefined) break;
    placed.add(next.name);
    order.push(next);
  }
  return order;
}
