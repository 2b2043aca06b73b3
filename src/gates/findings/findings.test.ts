import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { VexStatement } from '../reports/model.ts';
import { compared } from './compare.ts';
import { saysFalsePositive, signalOf } from './signal.ts';
import { dueAt, isOverdue, SLA_DAYS } from './sla.ts';
import { clears, statementFor } from './vex.ts';

const NOW = '2026-03-01T12:00:00.000Z';
const finding = {
  rule: 'CVE-2026-1',
  cve: 'CVE-2026-1',
  aliases: ['GHSA-aaaa-bbbb-cccc'],
  purl: 'pkg:npm/left@1.0.0?arch=x',
  component: 'left@1.0.0',
};
const says = (more: Partial<VexStatement>): VexStatement => ({
  vulnerability: 'CVE-2026-1', aliases: [], products: ['pkg:npm/left@1.0.0'], status: 'not_affected', justification: 'component_not_present', statement: null, source: 'x', ...more,
}); // prettier-ignore

test.each<[string, Partial<VexStatement>, boolean]>([
  ['the same version', {}, true],
  ['another case of the name', { vulnerability: 'cve-2026-1' }, true],
  ['an alias', { vulnerability: 'GHSA-AAAA-BBBB-CCCC' }, true],
  ['all versions', { products: ['pkg:npm/left'] }, true],
  ['the artifact by its digest', { products: ['sha256:abc'] }, true],
  ['the component', { products: ['left@1.0.0'] }, true],
  ['fixed', { status: 'fixed' }, true],
  ['another version', { products: ['pkg:npm/left@1.0.1'] }, false],
  ['a package that begins alike', { products: ['pkg:npm/lef'] }, false],
  ['another vulnerability', { vulnerability: 'CVE-2026-2' }, false],
  ['no product at all', { products: [] }, false],
  ['affected', { status: 'affected' }, false],
  ['under investigation', { status: 'under_investigation' }, false],
])('a statement about %s', (_, more, cleared) => {
  expect(clears(statementFor(finding, [says(more)], 'sha256:abc'))).toBe(cleared);
});

test('of two statements the one that clears less is believed', () => {
  expect(statementFor(finding, [says({}), says({ status: 'affected' })], 'd')?.status).toBe('affected');
});

test('a finding is due by tier and severity, and overdue only after that', () => {
  expect(dueAt(NOW, 'critical', 1)).toBe('2026-03-08T12:00:00.000Z');
  expect(isOverdue(NOW, 'critical', 1, '2026-03-08T12:00:00.000Z')).toBe(false);
  expect(isOverdue(NOW, 'critical', 1, '2026-03-08T12:00:00.001Z')).toBe(true);
  expect(isOverdue(NOW, 'info', 1, '2036-01-01T00:00:00.000Z')).toBe(false);
  expect(isOverdue(null, 'critical', 1, NOW)).toBe(false);
  for (const severity of ['critical', 'high', 'medium', 'low'] as const) {
    const days = ([1, 2, 3] as const).map((tier) => SLA_DAYS[tier][severity] ?? Infinity);
    expect(days).toEqual(days.toSorted((a, b) => a - b));
  }
});

test('each fingerprint is new, known or fixed, and never two of them', () => {
  const list = fc.uniqueArray(
    fc.integer({ min: 0, max: 20 }).map((n) => ({ fingerprint: `f${n}` })),
    { selector: (one) => one.fingerprint },
  );
  fc.assert(
    fc.property(list, list, (now, before) => {
      const all = compared(now, before);
      const of = (state: string) => all.filter((one) => one.state === state).map((one) => one.fingerprint);
      const [fresh, known, fixed] = [of('new'), of('known'), of('fixed')];
      expect(new Set([...fresh, ...known])).toEqual(new Set(now.map((one) => one.fingerprint)));
      expect(new Set([...fixed, ...known])).toEqual(new Set(before.map((one) => one.fingerprint)));
      expect(new Set([...fresh, ...known, ...fixed]).size).toBe(all.length);
    }),
    { numRuns: 200 },
  );
  expect(compared([{ fingerprint: 'a' }], null)).toEqual([{ fingerprint: 'a', state: 'known' }]);
});

test('the signal of a rule is what people called wrong of what it found', () => {
  const found = [
    { tool: 't', rule: 'quiet', findings: 10 },
    { tool: 't', rule: 'loud', findings: 3 },
  ];
  const waived = [
    { tool: 't', rule: 'loud', falsePositive: true },
    { tool: 't', rule: 'loud', falsePositive: true },
    { tool: 't', rule: 'quiet', falsePositive: false },
  ];
  expect(signalOf(found, waived)).toEqual([
    { tool: 't', rule: 'loud', found: 3, waived: 2, falsePositives: 2, falsePercent: 66.6 },
    { tool: 't', rule: 'quiet', found: 10, waived: 1, falsePositives: 0, falsePercent: 0 },
  ]);
  expect(saysFalsePositive('False positive: the path is never user input')).toBe(true);
  expect(saysFalsePositive('accepted, not a false positive')).toBe(false);
});
