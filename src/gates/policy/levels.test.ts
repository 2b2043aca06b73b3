import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ENVIRONMENT_KINDS } from '../../catalog/environment.ts';
import { policyDocumentSchema, policyFrom } from './document.ts';
import { layered, type Level } from './levels.ts';
import type { ApprovalRoute, Check, EnvironmentPolicy } from './policy.ts';
import { policyDigest, resolvePolicy, TIERS } from './policy.ts';
import { PRESETS } from './presets.ts';
import { readRequirements, type Above } from './read-requirements.ts';
import { readPolicy } from './read.ts';
import { NOTHING, strictest, weaker } from './stricter.ts';

const presets = PRESETS.map((document) => policyFrom(policyDocumentSchema.parse(document), 1));
const check = (id: string, rule: string, mode: Check['mode'], blockFrom?: string): Check => ({
  id,
  title: 'A check',
  rule,
  remedy: 'Do it.',
  mode,
  ...(blockFrom === undefined ? {} : { blockFrom }),
});

const anyCheck = fc
  .record({
    id: fc.constantFrom('a', 'b', 'c'),
    rule: fc.constantFrom('tests.failed == 0', 'tests.total > 0'),
    how: fc.constantFrom('warn', 'block', '2027-01-01T00:00:00.000Z', '2028-01-01T00:00:00.000Z'),
  })
  .map(({ id, rule, how }) => (how === 'warn' || how === 'block' ? check(id, rule, how) : check(id, rule, 'block', how)));
const route: fc.Arbitrary<ApprovalRoute> = fc.record({
  id: fc.constantFrom('one', 'two'),
  steps: fc.uniqueArray(
    fc.record({ role: fc.constantFrom('approver', 'release-manager', 'admin'), count: fc.integer({ min: 1, max: 3 }) }),
    { minLength: 1, maxLength: 3, selector: (step) => step.role },
  ),
  exclude: fc.subarray<ApprovalRoute['exclude'][number]>(['author', 'committer', 'requester', 'policy-changer']),
  unmapped: fc.constantFrom('unknown', 'ignore'),
  expiresAfter: fc.constantFrom(1000, 60_000, 3_600_000),
  onePersonOneRole: fc.boolean(),
}); // prettier-ignore
const rules: fc.Arbitrary<EnvironmentPolicy> = fc.record({
  checks: fc.uniqueArray(anyCheck, { maxLength: 3, selector: (one) => one.id }),
  supplyChain: fc.record({ sbom: fc.boolean(), provenance: fc.boolean(), recorded: fc.constantFrom('token', 'identity', 'attestation') }),
  lifecycle: fc.record({ verifiedBefore: fc.boolean(), soak: fc.constantFrom(0, 60_000, 3_600_000) }),
  verification: fc.record({
    checks: fc.subarray<'health' | 'smoke' | 'person'>(['health', 'smoke', 'person']),
    maxAge: fc.constantFrom(null, 86_400_000, 604_800_000),
  }),
  approval: fc.option(route),
  readiness: fc.record({ rollbackPlan: fc.boolean(), dependencies: fc.boolean(), checklist: fc.subarray(['One', 'Two']) }),
  breakGlass: fc.record({
    persons: fc.constantFrom<1 | 2>(1, 2),
    timeBox: fc.constantFrom(1000, 60_000),
    debtDue: fc.constantFrom(1000, 60_000),
  }),
});

test('the strictest of two asks all of both, asks it once, and no less ever again', () => {
  fc.assert(
    fc.property(rules, rules, (a, b) => {
      const both = strictest(a, b, 'team');
      expect(weaker(both, a)).toEqual([]);
      // Of another question under a name that is taken the question stands beside it, under a name of its own.
      expect(weaker(both, b).filter(({ path }) => path[0] !== 'checks')).toEqual([]);
      for (const { rule, mode, blockFrom } of b.checks) {
        const asked = both.checks.filter((one) => one.rule === rule && (mode === 'warn' || (one.mode === 'block' && (one.blockFrom ?? '') <= (blockFrom ?? ''))));
        expect(asked.length).toBeGreaterThan(0);
      }
      expect(strictest(both, b, 'team')).toEqual(both);
      expect(strictest(both, a, 'team')).toEqual(both);
      expect(strictest(a, NOTHING, 'team')).toEqual(a);
      expect(new Set(both.checks.map(({ id }) => id)).size).toBe(both.checks.length);
    }),
    { numRuns: 300 },
  ); // prettier-ignore
});

const level = (asks: Level['asks']): Level => ({ level: 'organisation', of: null, version: 2, asks });

test('a policy that no level tightens is the same, and so is its digest', () => {
  for (const policy of presets) {
    expect(layered(policy, [])).toBe(policy);
    const untouched = layered(policy, [level([{ tiers: TIERS, kinds: ENVIRONMENT_KINDS, rules: NOTHING }])]);
    for (const tier of TIERS)
      for (const kind of ENVIRONMENT_KINDS)
        expect(policyDigest(resolvePolicy(untouched, tier, kind))).toBe(policyDigest(resolvePolicy(policy, tier, kind)));
  }
});

test('each rule says which level asks it, and only the tiers and kinds that are meant are touched', () => {
  const standard = presets[1];
  if (standard === undefined) throw new Error('no preset');
  const asks = (extra: Partial<EnvironmentPolicy>) => [{ tiers: [1, 2] as const, kinds: ['production'] as const, rules: { ...NOTHING, ...extra } }];
  const policy = layered(standard, [
    { level: 'organisation', of: null, version: 3, asks: asks({ lifecycle: { verifiedBefore: true, soak: 7_200_000 } }) },
    { level: 'team', of: 'web', version: 2, asks: asks({ checks: [check('few-medium', 'findings.counts.medium < 5', 'block')] }) },
    { level: 'repository', of: 'abc', version: null, asks: asks({ readiness: { ...NOTHING.readiness, checklist: ['The map is redrawn'] } }) },
  ]);
  expect(policy.origins?.[1].production).toEqual({
    'lifecycle.soak': { level: 'organisation', of: null, version: 3 },
    'checks.few-medium': { level: 'team', of: 'web', version: 2 },
    'readiness.checklist': { level: 'repository', of: 'abc', version: null },
  });
  expect(policy.tiers[2].production.lifecycle.soak).toBe(7_200_000);
  expect(policy.tiers[3]).toEqual(standard.tiers[3]);
  expect(policy.origins?.[1].staging).toEqual({});
  expect(policyDigest(resolvePolicy(policy, 1, 'production'))).not.toBe(policyDigest(resolvePolicy(standard, 1, 'production')));
}); // prettier-ignore

const above: Above = {
  words: "the organisation's minimum",
  of: (tier, kind) =>
    tier === 1 && kind === 'production'
      ? {
          ...NOTHING,
          checks: [check('tests-pass', 'tests.failed == 0', 'block')],
          lifecycle: { verifiedBefore: true, soak: 3_600_000 },
          breakGlass: { persons: 2, timeBox: 3_600_000, debtDue: 86_400_000 },
        }
      : NOTHING,
};
const said = (source: string) => {
  const read = readRequirements(source, 'policy.yaml', above);
  return read.ok ? [] : read.diagnostics.map(({ code, message, range }) => `${range.start.line}: ${code}: ${message}`);
};

test('what asks less than a level above is refused at its words', () => {
  const document = (entry: string, checks = '') => `title: Ours\n${checks}requires:\n  - environments: [production]\n    ${entry}\n`;
  expect(said(document('lifecycle: { soak: 30m }'))).toEqual([
    "4: gates.loosens: this asks less than the organisation's minimum of tier 1 in production, which says 1h",
  ]);
  expect(said(document('tiers: [2]\n    lifecycle: { soak: 30m }'))).toEqual([]);
  expect(said(document('lifecycle: { soak: 2h }'))).toEqual([]);
  expect(said(document('breakGlass: { persons: 1, timeBox: 2h, debtDue: 2h }'))).toEqual([
    expect.stringContaining('which says 2'),
    expect.stringContaining('which says 1h'),
  ]);
  expect(said(document('supplyChain: { sbom: false }'))).toEqual([expect.stringContaining('gates.only-tightens')]);
  const checks = (mode: string, rule = 'tests.failed == 0') =>
    `checks:\n  tests-pass: { title: T, rule: ${rule}, remedy: R, mode: ${mode} }\n`;
  expect(said(document('checks: [tests-pass]', checks('warn')))).toEqual([expect.stringContaining('6: ') as string]);
  expect(said(document('checks: [tests-pass]', checks('block', 'tests.total > 0')))).toEqual([
    expect.stringContaining('a check of this name is asked by'),
  ]);
  expect(said(document('checks: [tests-pass]', checks('block')))).toEqual([]);
  expect(said(document('checks: [nowhere]'))).toEqual([expect.stringContaining('gates.no-such-check')]);
  expect(said(document('checks: [bad]', 'checks:\n  bad: { title: T, rule: tests.faild == 0, remedy: R, mode: block }\n'))).toEqual([
    expect.stringContaining('No such key: faild'),
  ]);
});

test('a check that no entry asks is told, and a check of a policy that is called like one of the minimum too', () => {
  const idle = 'checks:\n  mine: { title: T, rule: tests.flaky == 0, remedy: R, mode: block }\n';
  const read = readRequirements(`title: Ours\n${idle}requires:\n  - checks: []\n`, 'policy.yaml', above);
  expect(read.ok ? read.warnings.map(({ code, severity, range }) => `${range.start.line}: ${severity}: ${code}`) : []).toEqual([
    '3: warning: gates.unasked-check',
  ]);
  const policy = readPolicy(JSON.stringify(PRESETS[0], null, 1), 'startup.yaml', 2, above);
  expect(policy.ok ? [] : policy.diagnostics[0]).toMatchObject({
    message: expect.stringContaining(
      "a check of this name is asked by the organisation's minimum of tier 1 in production already",
    ) as string,
    remedy: 'Give your check a name of its own, or the same rule and mode.',
  });
});

test('a policy below the minimum is refused at its words', () => {
  const policy = JSON.stringify(PRESETS[0], null, 1);
  const read = readPolicy(policy, 'startup.yaml', 2, above);
  expect(read.ok ? [] : read.diagnostics.map(({ code, message }) => `${code}: ${message}`)).toEqual([
    expect.stringContaining('gates.below-minimum: a check of this name is asked by the organisation'),
    expect.stringContaining('which says 1h'),
    expect.stringContaining('which says 2'),
    expect.stringContaining('which says 1h'),
    expect.stringContaining('which says 1d'),
  ] as string[]);
  expect(readPolicy(policy, 'startup.yaml', 2).ok).toBe(true);
});
