import { expect, test } from 'vitest';
import { trusted } from './seen.ts';

const SECOND = 1_000_000_000n;

test('what changed just before the look could change again unseen: it is not trusted', () => {
  const started = 1000n * SECOND;
  expect(trusted(started - 10n * SECOND, started)).toBe(true);
  expect(trusted(started - 100_000_001n, started)).toBe(true);
  expect(trusted(started - 1n, started)).toBe(false);
  expect(trusted(started + 5n, started)).toBe(false);
  // Whole seconds: the file system may tick in seconds, or in two.
  expect(trusted(started - SECOND, started)).toBe(false);
  expect(trusted(started - 3n * SECOND, started)).toBe(true);
});
