import fc from 'fast-check';
import { expect, test } from 'vitest';
import { issueOf, keysIn, keysInBranch, MOST_KEYS, namedBy, projectOf } from './ticket-keys.ts';
import { TOO_LONG_MS } from '../testing/patience.ts';

test.each([
  ['feat: prices in SHOP-12', ['SHOP-12']],
  ['[SHOP-12][OPS_2-7] x', ['SHOP-12', 'OPS_2-7']],
  ['Refs: SHOP-12, SHOP-13\nCloses #4', ['SHOP-12', 'SHOP-13', '#4']],
  ['Merge pull request #77 from acme/x', ['#77']],
  ['fixes acme/shop#12 (#13)', ['acme/shop#12', '#13']],
  ['SHOP-12 and SHOP-12 again', ['SHOP-12']],
  ['shop-12 SHOP-0 SHOP-012 S-1 xSHOP-12 SHOP-12x SHOP-12-3 a/SHOP-12', []],
  ['&#39; C#7 a#1 #0 #1a https://x.example/a#12 ##3', []],
  ['', []],
])('%j names %j', (text, keys) => {
  expect(keysIn(text)).toEqual(keys);
});

test.each([
  ['feature/shop-12-new-price', ['SHOP-12']],
  ['refs/heads/SHOP-12', ['SHOP-12']],
  ['bugfix/ann_OPS-3/x', ['OPS-3']],
  ['release-1.2', []],
  ['main', []],
])('the branch %j names %j', (branch, keys) => {
  expect(keysInBranch(branch)).toEqual(keys);
});

test('hostile texts of any length are read in no time, name no more than 100, and each key has the form of one', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom('A-1 ', '#1/', 'A'.repeat(30_000), '-1'.repeat(20_000), 'a/'.repeat(20_000), 'SHOP-1\u0000', '__proto__-1'),
  );
  fc.assert(
    fc.property(fc.array(nasty, { maxLength: 20 }), (parts) => {
      const text = parts.join('');
      const began = performance.now();
      const keys = [...keysIn(text), ...keysInBranch(text)];
      expect(performance.now() - began).toBeLessThan(TOO_LONG_MS);
      for (const key of keys) expect(projectOf(key) !== null || issueOf(key) !== null, key).toBe(true);
    }),
    { numRuns: 200 },
  );
  const many = Array.from({ length: 500 }, (_, at) => ({
    commit: `c${at}`,
    subject: `SHOP-${at + 1} #${at + 1}`,
    title: null,
    branch: null,
  }));
  expect(namedBy(many).size).toBe(MOST_KEYS);
});

test('a ticket is traced to every commit that names it, by subject, title or branch', () => {
  const named = namedBy([
    { commit: 'a', subject: 'SHOP-1 x', title: 'SHOP-2', branch: 'feature/shop-3' },
    { commit: 'b', subject: 'y (SHOP-1)', title: null, branch: null },
  ]);
  expect([...named]).toEqual([
    ['SHOP-1', ['a', 'b']],
    ['SHOP-2', ['a']],
    ['SHOP-3', ['a']],
  ]);
});
