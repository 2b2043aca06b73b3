import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evidenceAbove, evidenceBelow, provenAlong } from '../../deployments/judge/bet.ts';
import type { Step } from '../../deployments/strategy.ts';
import { MOST_POINTS, pointsOf, quantile, type Both } from './comparison.ts';
import { commitUrl, stepLines, ticketsIn, verifiedWord } from './release-page.ts';

test('tickets are found in commit subjects once each; an address or a colour is none', () => {
  expect(ticketsIn(['SHOP-12: pay (#34)', 'fix SHOP-12 and A1-7', null, 'utf-8 &#39; x#3', 'UTF-8'])).toEqual(['SHOP-12', '#34', 'A1-7']);
});

test('a commit links only to an http address, without what else stood in the repository’s', () => {
  const id = 'a'.repeat(40);
  expect(commitUrl('https://user:secret@forge.example/team/shop.git?x=1#y', id)).toBe(`https://forge.example/team/shop/commit/${id}`);
  for (const bad of ['javascript:alert(1)//', 'file:///srv/shop', 'git@forge.example:team/shop.git', 'ssh://forge.example/x', null])
    expect(commitUrl(bad, id)).toBeNull();
  expect(commitUrl('https://forge.example/x', '../../evil')).toBeNull();
});

const plan: Step[] = [{ kind: 'start', role: 'candidate' }, { kind: 'record' }, { kind: 'check', verifies: true }];
const row = { plan, step: 1, back: null, backStep: 0, state: 'acting' as const, recorded: false };

test('steps say what is done, at hand, ahead; and what was left when it ended otherwise', () => {
  const states = (of: Parameters<typeof stepLines>[0]) => stepLines(of).steps.map((one) => one.state);
  expect(states(row)).toEqual(['done', 'now', 'later']);
  expect(states({ ...row, state: 'failed' })).toEqual(['done', 'left', 'left']);
  expect(states({ ...row, step: 3, state: 'succeeded' })).toEqual(['done', 'done', 'done']);
  const back: Step[] = [{ kind: 'stop', roles: ['candidate'] }];
  const turned = stepLines({ ...row, back, state: 'rolling-back' });
  expect(turned.steps.map((one) => one.state)).toEqual(['done', 'left', 'left']);
  expect(turned.back?.map((one) => one.state)).toEqual(['now']);
});

test('one word for a standing: what was revoked or failed is never shown as verified', () => {
  const standing = { verified: false, since: null, until: null, missing: [], failed: [], revoked: [], expired: [] };
  expect(verifiedWord({ ...standing, revoked: ['smoke'], failed: ['health'] }).state).toBe('revoked');
  expect(verifiedWord({ ...standing, failed: ['health'] }).state).toBe('failed');
  expect(verifiedWord({ ...standing, verified: true, since: 'x' })).toEqual({ state: 'verified', at: 'x' });
  expect(verifiedWord(standing).state).toBe('open');
});

const interval = (index: number, canaryErrors: number, otherErrors = 0, requests = 100): Both => ({
  at: new Date(1_700_000_000_000 + index * 1000).toISOString(),
  wave: 0,
  canary: { requests, errors: canaryErrors, latency: null },
  other: { requests, errors: otherErrors, latency: null },
});

test('a canary that fails much more is proven worse: the lower bound rises over nothing', () => {
  const { points } = pointsOf(Array.from({ length: 120 }, (_, index) => interval(index, 30)));
  const last = points.at(-1);
  expect(last?.differencePermille).toBe(300);
  expect(last?.lowerPermille).toBeGreaterThan(0);
  expect(last?.upperPermille).toBeGreaterThanOrEqual(300);
  expect(points[0]?.lowerPermille ?? -1000).toBeLessThanOrEqual(0);
});

test('many intervals become few points that lose no request', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 900 }), (many) => {
      const { points, intervalsPerPoint } = pointsOf(Array.from({ length: many }, (_, index) => interval(index, index % 3)));
      expect(points.length).toBeLessThanOrEqual(MOST_POINTS);
      expect(points.length).toBe(Math.ceil(many / intervalsPerPoint));
      expect(points.reduce((sum, point) => sum + point.canary.requests, 0)).toBe(many * 100);
      expect(points.at(-1)?.at).toBe(interval(many - 1, 0).at);
    }),
    { numRuns: 20 },
  );
});

test('an interval without requests on a side proves nothing and breaks nothing', () => {
  const { points } = pointsOf([interval(0, 0, 0, 0), interval(1, 5)]);
  expect(points[0]?.differencePermille).toBeNull();
  expect(points[1]?.differencePermille).toBe(50);
});

test('what is proven along the way is what the judge’s own evidence says at each moment', () => {
  const grid = [-0.2, -0.05, 0, 0.05, 0.2];
  fc.assert(
    fc.property(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 60 }), (values) => {
      const goal = 5;
      for (const [at, proven] of provenAlong(values, grid, goal).entries()) {
        const seen = values.slice(0, at + 1);
        const above = grid.filter((mean) => evidenceAbove(seen, mean) >= goal);
        const below = grid.filter((mean) => evidenceBelow(seen, mean) >= goal);
        expect(proven.lower).toBe(above.length === 0 ? null : Math.max(...above));
        expect(proven.upper).toBe(below.length === 0 ? null : Math.min(...below));
      }
    }),
    { numRuns: 60 },
  );
});

test('a quantile is its bucket’s upper bound; nothing measured is none', () => {
  const histogram = Array.from({ length: 21 }, () => 0);
  expect(quantile(histogram, 0.95)).toBeNull();
  histogram[2] = 95;
  histogram[20] = 5;
  expect(quantile(histogram, 0.95)).toBe(3);
  expect(quantile(histogram, 0.99)).toBe(5000);
});
