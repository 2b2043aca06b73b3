import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cyclesOf, inOrderOfNeed, type Node } from './graph.ts';

const nodes = fc
  .array(fc.array(fc.nat(7), { maxLength: 3 }), { minLength: 1, maxLength: 8 })
  .map((needs): Node[] => needs.map((list, at) => ({ name: `n${at}`, needs: [...new Set(list)].map((need) => `n${need}`) })));

/** Whether `name` can be reached from itself, by walking every way. */
function reachesItself(all: readonly Node[], name: string): boolean {
  const seen = new Set<string>();
  const walk = (at: string): boolean =>
    (all.find((node) => node.name === at)?.needs ?? []).some((need) => need === name || (!seen.has(need) && seen.add(need) && walk(need)));
  return walk(name);
}

test('a cycle is told exactly where there is one, and what is told is one', () => {
  fc.assert(
    fc.property(nodes, (all) => {
      const cycles = cyclesOf(all);
      expect(cycles.length > 0).toBe(all.some((node) => reachesItself(all, node.name)));
      for (const cycle of cycles) {
        for (const [at, name] of cycle.entries())
          expect(all.find((node) => node.name === name)?.needs).toContain(cycle[(at + 1) % cycle.length]);
      }
    }),
    { numRuns: 1000 },
  );
});

test('a cycle is told once, wherever one comes into it', () => {
  const knot = [
    { name: 'c', needs: ['a'] },
    { name: 'a', needs: ['b'] },
    { name: 'b', needs: ['a'] },
    { name: 'd', needs: ['b', 'c'] },
  ];
  expect(cyclesOf(knot)).toEqual([['a', 'b']]);
});

test('without cycles everything stands behind what it needs', () => {
  fc.assert(
    fc.property(nodes, (all) => {
      const acyclic = all.map((node, at) => ({ ...node, needs: node.needs.filter((need) => Number(need.slice(1)) < at) }));
      const order = inOrderOfNeed(acyclic.toReversed()).map((node) => node.name);
      expect(order.toSorted()).toEqual(acyclic.map((node) => node.name).toSorted());
      for (const node of acyclic) for (const need of node.needs) expect(order.indexOf(need)).toBeLessThan(order.indexOf(node.name));
    }),
  );
});

test('a chain of ten thousand is no problem', () => {
  const chain = Array.from({ length: 10_000 }, (_, at) => ({ name: `n${at}`, needs: [`n${at + 1}`] }));
  expect(cyclesOf(chain)).toEqual([]);
});
