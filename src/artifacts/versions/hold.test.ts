import fc from 'fast-check';
import { expect, test } from 'vitest';
import { holdLanes } from './hold.ts';

const lane = (branch: string, version: string) => ({ branch, kind: 'hotfix' as const, version });

test('a lane keeps the number that it first got', () => {
  const first = holdLanes([lane('hotfix/a', '1.2.4')], [], new Set(['1.2.3']), 'main');
  expect(first.fresh).toEqual([{ number: '1.2.4', lane: 'hotfix/a' }]);
  const second = holdLanes([lane('hotfix/a', '1.2.6')], first.fresh, new Set(['1.2.3', '1.2.5']), 'main');
  expect(second).toMatchObject({ open: [lane('hotfix/a', '1.2.4')], fresh: [], ended: [], own: null });
  // It is released: it has the number and holds none.
  expect(holdLanes([], first.fresh, new Set(['1.2.3']), 'hotfix/a').own).toBe('1.2.4');
  const released = holdLanes([lane('hotfix/a', '1.2.4')], first.fresh, new Set(['1.2.3', '1.2.4']), 'main');
  expect(released).toMatchObject({ ended: first.fresh, fresh: [{ number: '1.2.5', lane: 'hotfix/a' }] });
});

test('law: no two lanes hold one number, none holds what is taken, and what stands stays', () => {
  const number = fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 4 })).map(([minor, patch]) => `1.${minor}.${patch}`);
  const name = fc.constantFrom('hotfix/a', 'hotfix/b', 'hotfix/c', 'hotfix/d', 'hotfix/e');
  const unique = <T>(of: (one: T) => string, items: fc.Arbitrary<T>) => fc.uniqueArray(items, { selector: of, maxLength: 5 });
  fc.assert(
    fc.property(
      unique((one) => one.branch, fc.record({ branch: name, kind: fc.constant('hotfix' as const), version: number })),
      unique((one) => one.number, fc.record({ number, lane: name })).map((all) => [...new Map(all.map((one) => [one.lane, one])).values()]),
      fc.uniqueArray(number, { maxLength: 6 }),
      fc.option(name),
      (open, standing, taken, branch) => {
        const others = open.filter((one) => one.branch !== branch);
        const held = holdLanes(others, standing, new Set(taken), branch);
        const numbers = [...held.open.map((one) => one.version), ...(held.own === null ? [] : [held.own])];
        expect(new Set(numbers).size).toBe(numbers.length);
        expect(numbers.filter((one) => taken.includes(one))).toEqual([]);
        for (const { number: kept, lane: who } of standing) {
          const still = others.some((one) => one.branch === who) && !taken.includes(kept);
          if (still) expect(held.open.find((one) => one.branch === who)?.version).toBe(kept);
          expect(held.ended.some((one) => one.number === kept)).toBe(!still && !(who === branch && !taken.includes(kept)));
        }
      },
    ),
    { numRuns: 300 },
  );
});
