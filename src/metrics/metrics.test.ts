import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changeFailureRate } from './change-failure-rate.ts';
import { deploymentFrequency } from './deployment-frequency.ts';
import { lowerMedian, type KpiInput, type ProductionFact } from './kpi.ts';
import { leadTimeForChanges } from './lead-time.ts';
import { reworkRate } from './rework-rate.ts';
import { timeToRestore } from './time-to-restore.ts';

const at = (hour: number): string => new Date(Date.UTC(2026, 0, 2, hour)).toISOString();
const service = 'svc_1';
const created = (release: string, hour: number, commits: string[], type = 'standard'): ProductionFact => ({
  fact: `c-${release}`,
  at: at(hour),
  service,
  kind: 'release-created',
  release,
  type,
  commits,
  more: 0,
});
const running = (release: string, hour: number, deployment: string, rolledBack = false): ProductionFact => ({
  fact: `r-${deployment}`,
  at: at(hour),
  service,
  kind: 'running',
  release,
  deployment,
  rolledBack,
});
const finished = (
  deployment: string,
  hour: number,
  outcome: 'succeeded' | 'rolled-back' | 'cancelled',
  began = true,
  rollback = false,
): ProductionFact => ({
  fact: `f-${deployment}`,
  at: at(hour),
  service,
  kind: 'deployment-finished',
  release: 'rel',
  deployment,
  outcome,
  began,
  rollback,
  startedAt: began ? at(hour - 1) : null,
  finishedAt: at(hour),
});
const input = (facts: ProductionFact[], commitTimes: [string, string][] = []): KpiInput => ({
  from: at(0),
  to: at(48),
  facts,
  commitTimes: new Map(commitTimes),
});

test('nothing happened is not zero', () => {
  for (const kpi of [deploymentFrequency, leadTimeForChanges, changeFailureRate, timeToRestore]) expect(kpi(input([])).value).toBeNull();
});

test('frequency counts what began to run, and not the way back', () => {
  const kpi = deploymentFrequency(input([running('a', 1, 'd1'), running('b', 2, 'd2'), running('a', 3, 'd3', true)]));
  expect(kpi).toMatchObject({ value: 1, unit: 'per day', events: ['r-d1', 'r-d2'], excluded: [{ fact: 'r-d3' }] });
});

test('lead time is from the commit to its first running; skipped releases come along, a hotfix comes alone', () => {
  const facts = [
    created('a', 1, ['1']),
    running('a', 2, 'd1'),
    created('b', 3, ['2']),
    created('c', 4, ['3']),
    running('c', 6, 'd2'),
    created('h', 7, ['4'], 'hotfix'),
    running('h', 8, 'd3'),
    running('c', 9, 'd4', true),
  ];
  const kpi = leadTimeForChanges(
    input(facts, [
      ['1', at(0)],
      ['2', at(1)],
      ['3', at(3)],
      ['4', at(5)],
    ]),
  );
  // 2 h, 5 h, 3 h, 3 h: the lower median is 3 h.
  expect(kpi).toMatchObject({ value: 3 * 3600, events: ['r-d1', 'r-d2', 'r-d3'], unknown: [], excluded: [] });
});

test('a commit that nobody can date is unknown, one from the future is excluded', () => {
  const kpi = leadTimeForChanges(input([created('a', 1, ['1', '2']), running('a', 2, 'd1')], [['2', at(5)]]));
  expect(kpi.value).toBeNull();
  expect(kpi.unknown).toHaveLength(1);
  expect(kpi.excluded).toHaveLength(1);
});

test('failures are what went back, what was linked to an incident, and what was left later', () => {
  const facts: ProductionFact[] = [
    running('a', 1, 'd1'),
    finished('d1', 1, 'succeeded'),
    finished('d2', 2, 'rolled-back'),
    finished('d3', 3, 'cancelled'),
    finished('d4', 4, 'cancelled', false),
    running('b', 5, 'd5'),
    finished('d5', 5, 'succeeded'),
    running('a', 6, 'd6', true),
    finished('d6', 6, 'succeeded', true, true),
    { fact: 'i1', at: at(7), service, kind: 'incident-detected', incident: 'inc1', startedAt: at(6) },
  ];
  const kpi = changeFailureRate(input(facts));
  expect(kpi).toMatchObject({ value: 0.6667, events: ['f-d1', 'f-d2', 'f-d5'], unknown: [{ fact: 'i1' }] });
  expect(kpi.excluded.map((one) => one.fact)).toEqual(['f-d3', 'f-d4', 'f-d6']);
  const linked = changeFailureRate(
    input([...facts, { fact: 'l1', at: at(8), service, kind: 'incident-linked', incident: 'inc1', deployment: 'd1' }]),
  );
  expect(linked).toMatchObject({ value: 1, unknown: [] });
});

test('restoring is from the start of an incident to its end; a linked way back is not counted twice', () => {
  const facts: ProductionFact[] = [
    finished('d2', 2, 'rolled-back'),
    { fact: 'i1', at: at(3), service, kind: 'incident-detected', incident: 'inc1', startedAt: at(1) },
    { fact: 'l1', at: at(3), service, kind: 'incident-linked', incident: 'inc1', deployment: 'd2' },
    { fact: 'e1', at: at(4), service, kind: 'incident-resolved', incident: 'inc1', startedAt: at(1), resolvedAt: at(4) },
    { fact: 'i2', at: at(5), service, kind: 'incident-detected', incident: 'inc2', startedAt: at(5) },
  ];
  expect(timeToRestore(input(facts))).toMatchObject({
    value: 3 * 3600,
    events: ['e1'],
    unknown: [{ fact: 'i2', why: 'it is still open' }],
  });
  expect(timeToRestore(input(facts.slice(0, 1)))).toMatchObject({ value: 3600, events: ['f-d2'] });
});

test('half of a list does not exceed its lower median', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
      const median = lowerMedian(values) ?? Number.NaN;
      expect(values.filter((value) => value <= median).length * 2).toBeGreaterThanOrEqual(values.length);
      expect(values.filter((value) => value < median).length * 2).toBeLessThan(values.length);
    }),
  );
});

test('rework is what was a hotfix or an emergency; what nobody knows the type of is unknown', () => {
  const kpi = reworkRate(
    input([
      created('a', 1, []),
      running('a', 2, 'd1'),
      created('h', 3, [], 'hotfix'),
      running('h', 4, 'd2'),
      running('x', 5, 'd3'),
      running('a', 6, 'd4', true),
    ]),
  );
  expect(kpi).toMatchObject({ value: 0.5, counted: 2, unknown: [{ fact: 'r-d3' }], excluded: [{ fact: 'r-d4' }] });
});

test('an incident is unknown in the time at whose end it was open, and counts in the time in which it ended', () => {
  const facts: ProductionFact[] = [
    { fact: 'i1', at: at(3), service, kind: 'incident-detected', incident: 'inc1', startedAt: at(3) },
    { fact: 'e1', at: at(30), service, kind: 'incident-resolved', incident: 'inc1', startedAt: at(3), resolvedAt: at(29) },
  ];
  expect(timeToRestore({ ...input(facts), to: at(24) })).toMatchObject({
    value: null,
    unknown: [{ fact: 'i1', why: expect.stringContaining('was still open') }],
  });
  expect(timeToRestore({ ...input(facts), from: at(24) })).toMatchObject({ value: 26 * 3600, unknown: [] });
});

test('percentiles are values that were measured; the spread holds every one of them once', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 40 * 24 * 3600 }), { minLength: 1, maxLength: 50 }), (lasted) => {
      const facts = lasted.flatMap((_, n): ProductionFact[] => [
        created(`r${n}`, 1, [`c${n}`]),
        { ...running(`r${n}`, 2, `d${n}`), at: at(47) },
      ]);
      const times = lasted.map((one, n): [string, string] => [`c${n}`, new Date(Date.parse(at(47)) - one * 1000).toISOString()]);
      const { percentiles, distribution, value, counted } = leadTimeForChanges(input(facts, times));
      expect(counted).toBe(lasted.length);
      expect(percentiles?.p50).toBe(value);
      for (const [name, percent] of [
        ['p50', 50],
        ['p75', 75],
        ['p90', 90],
        ['p95', 95],
      ] as const) {
        const one = percentiles?.[name] ?? Number.NaN;
        expect(lasted).toContain(one);
        expect(lasted.filter((other) => other <= one).length * 100).toBeGreaterThanOrEqual(lasted.length * percent);
        expect(lasted.filter((other) => other < one).length * 100).toBeLessThan(lasted.length * percent);
      }
      expect(distribution.reduce((sum, step) => sum + step.count, 0)).toBe(lasted.length);
      for (const [index, step] of distribution.entries()) {
        const above = distribution[index - 1]?.upTo ?? -1;
        expect(step.count).toBe(lasted.filter((one) => one > above && one <= (step.upTo ?? Infinity)).length);
      }
    }),
  );
});
