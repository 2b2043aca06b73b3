import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LATENCY_BOUNDS } from '../../contract/agent.ts';
import { ALPHA, judge, type Counts, type Interval } from './judge.ts';

const limits = { marginPermille: 50, minRequests: 50, alpha: ALPHA };

/** A small deterministic generator (mulberry32), so that a seed that failed can be run again. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const counts = (requests: number, errors: number): Counts => ({ requests, errors, latency: null });

/** One side of an interval. `burst`: with this chance the whole interval goes bad together. */
function side(next: () => number, requests: number, rate: number, burst = 0): Counts {
  const share = next() < burst ? 0.8 : rate;
  let errors = 0;
  for (let at = 0; at < requests; at++) if (next() < share) errors += 1;
  return counts(requests, errors);
}

/** The first answer that isn't inconclusive when one looks after every interval, and after how many. */
function peek(intervals: readonly Interval[], wanted = limits): { answer: string; at: number } {
  for (let at = 1; at <= intervals.length; at++) {
    const { answer } = judge(intervals.slice(0, at), wanted);
    if (answer === 'worse' || answer === 'not-worse') return { answer, at };
  }
  return { answer: 'inconclusive', at: intervals.length };
}

function run(seed: number, length: number, canary: (next: () => number) => Counts, baseline: (next: () => number) => Counts): Interval[] {
  const next = random(seed);
  return Array.from({ length }, () => ({ canary: canary(next), baseline: baseline(next) }));
}

function alarms(runs: number, length: number, one: (next: () => number) => Counts): number {
  let found = 0;
  for (let seed = 1; seed <= runs; seed++) {
    const intervals = run(seed, length, one, one);
    // Looked at after every interval until "worse" once appears; "not worse" does not end the looking here.
    for (let at = 1; at <= length; at++) {
      if (judge(intervals.slice(0, at), limits).answer === 'worse') {
        found += 1;
        break;
      }
    }
  }
  return found;
}

describe('two equal sides, looked at after every interval', () => {
  test('are called worse in no more than alpha of the runs', () => {
    expect(alarms(200, 60, (next) => side(next, 20, 0.05))).toBeLessThanOrEqual(200 * ALPHA);
  });
  test('also where whole intervals go bad together, which requests taken one by one would be fooled by', () => {
    const fooled = alarms(80, 50, (next) => side(next, 20, 0.02, 0.05));
    expect(fooled).toBeLessThanOrEqual(80 * ALPHA);
  });
  test('without any failure come to not worse', () => {
    const intervals = Array.from({ length: 200 }, () => ({ canary: counts(10, 0), baseline: counts(10, 0) }));
    expect(peek(intervals)).toMatchObject({ answer: 'not-worse' });
  });
});

describe('a canary that is worse', () => {
  test.each([
    [0.5, 5],
    [0.3, 8],
    [0.15, 25],
  ])('by %f with 10 requests per interval is found within %i intervals in 19 of 20 runs', (rate, within) => {
    const found = Array.from({ length: 40 }, (_, seed) =>
      peek(
        run(
          seed + 1,
          within,
          (next) => side(next, 10, rate),
          (next) => side(next, 10, 0),
        ),
      ),
    );
    expect(found.filter((one) => one.answer === 'worse').length).toBeGreaterThanOrEqual(38);
  });
  test('is never called not worse when it is worse by twice the margin', () => {
    const found = Array.from({ length: 60 }, (_, seed) =>
      peek(
        run(
          seed + 1,
          150,
          (next) => side(next, 20, 0.1),
          (next) => side(next, 20, 0),
        ),
      ),
    );
    expect(found.filter((one) => one.answer === 'not-worse').length).toBeLessThanOrEqual(60 * ALPHA);
  });
  test('in latency alone is found', () => {
    const histogram = (bucket: number): number[] => Array.from({ length: LATENCY_BOUNDS.length + 1 }, (_, at) => (at === bucket ? 20 : 0));
    const intervals = Array.from({ length: 40 }, () => ({
      canary: { requests: 20, errors: 0, latency: histogram(12) },
      baseline: { requests: 20, errors: 0, latency: histogram(4) },
    }));
    expect(judge(intervals, limits)).toMatchObject({ answer: 'worse', by: 'sequential-test' });
  });
});

describe('what is not known', () => {
  test('no interval, or a side without requests, is no data', () => {
    expect(judge([], limits).answer).toBe('no-data');
    expect(judge([{ canary: counts(50, 0), baseline: counts(0, 0) }], limits).answer).toBe('no-data');
  });
  test('impossible counts are no data, never a pass', () => {
    const good = Array.from({ length: 300 }, () => ({ canary: counts(10, 0), baseline: counts(10, 0) }));
    for (const broken of [counts(10, 11), counts(Number.NaN, 0), counts(-1, 0), counts(1.5, 0), counts(10, Number.NaN)]) {
      expect(judge([...good, { canary: broken, baseline: counts(10, 0) }], limits).answer).toBe('no-data');
    }
  });
  test('too few requests are inconclusive and say how much more is needed', () => {
    const verdict = judge([{ canary: counts(10, 0), baseline: counts(10, 0) }], limits);
    expect(verdict).toMatchObject({ answer: 'inconclusive', needsIntervals: 4 });
  });
  test('what is said to be needed is enough where nothing changes', () => {
    const some = Array.from({ length: 10 }, () => ({ canary: counts(20, 0), baseline: counts(20, 0) }));
    const { answer, needsIntervals } = judge(some, limits);
    expect(answer).toBe('inconclusive');
    const more = Array.from({ length: 10 + (needsIntervals ?? 0) }, () => ({ canary: counts(20, 0), baseline: counts(20, 0) }));
    expect(judge(more, limits).answer).toBe('not-worse');
    expect(judge(more.slice(1), limits).answer).toBe('inconclusive');
  });
  test('an absurd margin proves nothing', () => {
    const good = Array.from({ length: 300 }, () => ({ canary: counts(10, 0), baseline: counts(10, 0) }));
    for (const marginPermille of [0, -5, 1000, Number.NaN]) expect(judge(good, { ...limits, marginPermille }).answer).toBe('no-data');
  });
});

test('the same intervals give the same answer, and sides can be exchanged only with the verdict', () => {
  const interval = fc.record({ n: fc.integer({ min: 1, max: 50 }), m: fc.integer({ min: 1, max: 50 }), a: fc.nat(50), b: fc.nat(50) });
  fc.assert(
    fc.property(fc.array(interval, { maxLength: 60 }), (list) => {
      const there = list.map(({ n, m, a, b }) => ({ canary: counts(n, Math.min(a, n)), baseline: counts(m, Math.min(b, m)) }));
      const back = there.map(({ canary, baseline }) => ({ canary: baseline, baseline: canary }));
      const one = judge(there, limits);
      expect(judge(there, limits)).toEqual(one);
      if (one.by === 'sequential-test' && one.answer === 'worse') expect(judge(back, limits).answer).not.toBe('worse');
    }),
    { numRuns: 200 },
  );
});
