import fc from 'fast-check';
import { expect, test } from 'vitest';
import { baselinesOf, type EndedRun } from './baseline.ts';

const at = (second: number): string => new Date(Date.parse('2026-06-01T00:00:00Z') + second * 1000).toISOString();
const run = (state: EndedRun['state'], start: number, length: number, rest: Partial<EndedRun> = {}): EndedRun => ({
  pipeline: 'ci',
  origin: 'read',
  system: 'jenkins',
  commit: null,
  state,
  queuedAt: at(start),
  startedAt: at(start),
  finishedAt: at(start + length),
  ...rest,
});

test('rates leave out what was cancelled; durations are of what succeeded; few say nothing', () => {
  const runs = [
    ...[60, 10, 20, 30, 40, 50].map((length, index) => run('succeeded', index * 100, length)),
    run('failed', 900, 5),
    run('cancelled', 999, 1),
  ];
  expect(baselinesOf(runs)).toMatchObject([{ runs: 7, cancelled: 1, successRate: 0.8571, p50: 30, p90: 60, flakyCommits: 0 }]);
  expect(baselinesOf([run('succeeded', 0, 5)])).toMatchObject([{ runs: 1, successRate: 1, p50: null }]);
  expect(baselinesOf([run('cancelled', 0, 5)])).toMatchObject([{ runs: 0, successRate: null }]);
});

test('a commit that failed and then succeeded is flaky; one that failed last is broken', () => {
  const runs = [
    run('failed', 0, 1, { commit: 'a' }),
    run('succeeded', 10, 1, { commit: 'a' }),
    run('succeeded', 0, 1, { commit: 'b' }),
    run('failed', 10, 1, { commit: 'b' }),
  ];
  expect(baselinesOf(runs)).toMatchObject([{ flaky: [{ commit: 'a', failed: 1 }], flakyCommits: 1 }]);
});

test('the order in which runs are known makes no difference', () => {
  const one = fc.record({
    state: fc.constantFrom('succeeded' as const, 'failed' as const),
    start: fc.integer({ min: 0, max: 9999 }),
    commit: fc.constantFrom('a', 'b'),
  });
  fc.assert(
    fc.property(fc.uniqueArray(one, { selector: ({ start }) => start, minLength: 1, maxLength: 30 }), (list) => {
      const runs = list.map(({ state, start, commit }) => run(state, start, 1, { commit }));
      expect(baselinesOf(runs.toReversed())).toEqual(baselinesOf(runs));
    }),
    { numRuns: 50 },
  );
});
