import { expect, test } from 'vitest';
import { cells } from './cells.ts';

const KINDS = ['production', 'staging', 'test', 'development'];

test('what a change of rules concerns is said by kind of environment', () => {
  expect(cells([])).toBe('nothing');
  expect(cells([{ tier: 1, kind: 'production' }])).toBe('production for tier 1');
  const some = [
    { tier: 2, kind: 'production' },
    { tier: 1, kind: 'staging' },
    { tier: 1, kind: 'production' },
  ];
  expect(cells(some)).toBe('production for tiers 1 and 2, staging for tier 1');
  expect(cells([1, 2, 3].map((tier) => ({ tier, kind: 'test' })))).toBe('test for every tier');
  expect(cells(KINDS.flatMap((kind) => [1, 2, 3].map((tier) => ({ tier, kind }))))).toBe('every tier and kind of environment');
});
