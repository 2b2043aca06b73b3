import fc from 'fast-check';
import { expect, test } from 'vitest';
import { worse } from '../../kernel/decision.ts';
import { digestOf } from '../../kernel/digest.ts';
import { plus } from '../../kernel/time.ts';
import type { Waiver } from '../../waivers/waiver.ts';
import { evaluateGates, gatesRule } from './evaluate.ts';
import type { DigestFacts, GateFinding, ReportFact } from './facts.ts';
import { speaking } from './facts.ts';
import type { Check, EnvironmentPolicy, ResolvedPolicy } from './policy.ts';
import { PRESETS } from './presets.ts';
import { policyDocumentSchema, policyFrom } from './document.ts';
import { NOTHING, strictest } from './stricter.ts';

const NOW = '2026-03-01T12:00:00.000Z';
const D = digestOf('artifact');
const counts = { total: 10, passed: 10, failed: 0, errored: 0, skipped: 0, flaky: 0, durationMs: 5, suites: 1 };
const junit: ReportFact = {
  id: 'rep_1', kind: 'junit', name: 'unit', run: 'run_1', trust: 'protected', digest: digestOf('report'), state: 'ok', reason: null, at: NOW,
  tests: counts, coverage: null, findings: null, sbom: null,
}; // prettier-ignore
const found = (severity: GateFinding['severity'], name = 'x'): GateFinding => ({
  tool: 't',
  rule: 'r',
  severity,
  fingerprint: digestOf(name),
  cve: 'CVE-2026-1234',
  purl: 'pkg:npm/a@1',
  suppressed: false,
});
const sarif = (findings: readonly GateFinding[]): ReportFact => ({
  ...junit,
  id: 'rep_2',
  kind: 'sarif',
  name: 'scan',
  tests: null,
  findings,
});
const lcov = (covered: number, total: number): ReportFact => ({
  ...junit,
  id: 'rep_3',
  kind: 'lcov',
  name: 'cov',
  tests: null,
  coverage: { lines: { covered, total }, branches: null, files: 1 },
});
const facts = (...reports: ReportFact[]): DigestFacts => ({ digest: D, reports, testsBefore: null });

const check = (rule: string, mode: Check['mode'] = 'block', id = 'c'): Check => ({ id, title: 'A check', rule, remedy: 'Do it.', mode });
const standard = PRESETS.find(({ name }) => name === 'standard');
if (standard === undefined) throw new Error('no standard preset');
const base = policyFrom(policyDocumentSchema.parse(standard), 1).tiers[1].production;
const resolved = (checks: readonly Check[]): ResolvedPolicy => ({
  name: 'p',
  version: 1,
  tier: 1,
  kind: 'production',
  rules: { ...base, checks },
});
const ask = (rule: string | Check, ...reports: ReportFact[]) =>
  evaluateGates(resolved([typeof rule === 'string' ? check(rule) : rule]), [facts(...reports)], [], NOW);

test('an answer names the check, the digest and the values seen', () => {
  const answer = ask('tests.failed == 0 && tests.total > 0', { ...junit, tests: { ...counts, failed: 2, passed: 8 } });
  expect(answer).toMatchObject({
    rule: 'gates',
    verdict: 'deny',
    read: [{ kind: 'report', id: 'rep_1', digest: junit.digest }],
    missing: [{ what: 'Do it.', who: ['developer'] }],
  });
  expect(answer.reasons[0]?.text).toContain(`(c, ${D.slice(0, 19)}): no (tests.failed = 2, tests.total = 10)`);
  expect(ask('tests.failed == 0', junit)).toMatchObject({ verdict: 'allow', reasons: [{ code: 'gates.passed' }] });
});

test('each digest is asked by itself, and the worst answer wins', () => {
  const other = { ...facts(), digest: digestOf('other') };
  expect(evaluateGates(resolved([check('tests.failed == 0')]), [facts(junit), other], [], NOW)).toMatchObject({ verdict: 'unknown' });
  expect(evaluateGates(resolved([check('tests.failed == 0')]), [], [], NOW)).toMatchObject({
    verdict: 'unknown',
    reasons: [{ code: 'gates.no-digest' }],
  });
  expect(evaluateGates(resolved([]), [], [], NOW).verdict).toBe('unknown');
  expect(evaluateGates(resolved([]), [facts()], [], NOW).verdict).toBe('allow');
});

test('a report that is still being read waits, others are unknown', () => {
  expect(ask('tests.failed == 0', { ...junit, state: 'received', tests: null }).verdict).toBe('wait');
  expect(ask('coverage.lines.percent > 1', { ...junit, state: 'received', tests: null }).verdict).toBe('unknown');
});

test('percent is cut, never rounded up; of two formats of one program the lower counts', () => {
  expect(ask('coverage.lines.percent >= 80', lcov(79_999, 100_000)).verdict).toBe('deny');
  expect(ask('coverage.lines.percent >= 80', lcov(80, 100)).verdict).toBe('allow');
  const cobertura: ReportFact = { ...lcov(50, 100), id: 'rep_9', kind: 'cobertura' };
  expect(ask('coverage.lines.percent >= 80', lcov(100, 100), cobertura).verdict).toBe('deny');
});

test('of one name the newest report speaks, and only those of the most trusted runs', () => {
  const red: ReportFact = { ...junit, id: 'rep_red', tests: { ...counts, failed: 1 } };
  const later = { ...junit, id: 'rep_later', at: plus(NOW, 1) };
  expect(ask('tests.failed == 0', red, later).verdict).toBe('allow');
  expect(ask('tests.failed == 0', { ...red, at: plus(NOW, 2) }, later).verdict).toBe('deny');
  expect(ask('tests.failed == 0', red, { ...later, trust: 'untrusted' }).verdict).toBe('deny');
  expect(ask('tests.failed == 0', red, { ...later, name: 'another' }).verdict).toBe('deny');
  expect(speaking([red, later]).map(({ id }) => id)).toEqual(['rep_later']);
});

test('tests that disappeared are noticed', () => {
  const dropped = (before: number | null) =>
    evaluateGates(resolved([check('tests.droppedPercent <= 10')]), [{ ...facts(junit), testsBefore: before }], [], NOW).verdict;
  expect([null, 5, 10, 11, 12, 100].map(dropped)).toEqual(['allow', 'allow', 'allow', 'allow', 'deny', 'deny']);
});

const waiver = (over: Partial<Waiver>): Waiver => ({
  id: 'wvr_1', kind: 'check', scope: { teamId: 'tea_1', serviceId: 'svc_1', environmentId: null }, subject: 'c', owner: 'per_1', requestedBy: 'per_1',
  reason: 'r', ticket: 't', price: null, expiresAt: plus(NOW, 1000), state: 'approved', decided: null, version: 2, createdAt: NOW, ...over,
}); // prettier-ignore
const waived = (rule: string, waivers: Waiver[], at: string, ...reports: ReportFact[]) =>
  gatesRule({ resolved: resolved([check(rule)]), facts: [facts(...reports)], waivers }, at);

test('a waiver lets its check pass until it ends, and the allow ends with it', () => {
  expect(waived('tests.failed == 0', [waiver({})], NOW)).toMatchObject({
    verdict: 'allow',
    notAfter: plus(NOW, 1000),
    reasons: [{ code: 'gates.waived' }],
    read: [{ kind: 'waiver', id: 'wvr_1' }],
  });
  expect(waived('tests.failed == 0', [waiver({})], plus(NOW, 1000))).toMatchObject({ verdict: 'unknown', notAfter: null });
  for (const other of [
    waiver({ subject: 'd' }),
    waiver({ state: 'requested' }),
    waiver({ state: 'revoked' }),
    waiver({ kind: 'freeze' }),
    waiver({ kind: 'debt' }),
  ]) {
    expect(waived('tests.failed == 0', [other], NOW).verdict).toBe('unknown');
  }
});

test.each([`fingerprint:${digestOf('x')}`, 'cve:CVE-2026-1234', 'purl:pkg:npm/a@1'])(
  'a waiver of %s lifts that finding and no other',
  (subject) => {
    const rule = 'findings.counts.critical == 0';
    const finding = waiver({ kind: 'finding', subject });
    expect(waived(rule, [], NOW, sarif([found('critical')])).verdict).toBe('deny');
    expect(waived(rule, [finding], NOW, sarif([found('critical')]))).toMatchObject({ verdict: 'allow', notAfter: finding.expiresAt });
    expect(waived(rule, [finding], finding.expiresAt, sarif([found('critical')])).verdict).toBe('deny');
    const stranger = { ...found('critical', 'y'), cve: 'CVE-2026-9999', purl: null };
    expect(waived(rule, [finding], NOW, sarif([found('critical'), stranger])).verdict).toBe('deny');
  },
);

test('a check that only warns says so and lets pass', () => {
  expect(ask(check('tests.failed == 0', 'warn'))).toMatchObject({ verdict: 'allow', reasons: [{ code: 'gates.warned' }] });
});

const anyReport = fc.record({
  state: fc.constantFrom<ReportFact['state']>('ok', 'unreadable', 'missing', 'empty', 'received'),
  failed: fc.nat(2),
  name: fc.constantFrom('a', 'b'),
});
const rules = [
  'tests.failed == 0',
  'tests.total > 0',
  'true',
  'false',
  'findings.total == 0',
  '1 / 0 == 0',
  'tests.nothing',
  'size(reports) > 0',
  '"yes"',
  'tests.failed == 0 || true',
];

test('a repository can tighten and never loosen', () => {
  fc.assert(
    fc.property(
      fc.array(anyReport, { maxLength: 4 }),
      fc.subarray(rules),
      fc.array(fc.tuple(fc.constantFrom(...rules), fc.constantFrom<Check['mode']>('block', 'warn'), fc.constantFrom('c0', 'c1', 'x'))),
      (reports, own, added) => {
        const policy: EnvironmentPolicy = { ...base, checks: own.map((rule, index) => check(rule, 'block', `c${index}`)) };
        const asks = { ...NOTHING, checks: added.map(([rule, mode, id]) => check(rule, mode, id)) };
        const tighter = strictest(policy, asks, 'repository');
        const seen = [
          facts(
            ...reports.map(({ state, failed, name }, index) => ({
              ...junit,
              id: `rep_${index}`,
              state,
              name,
              tests: state === 'ok' ? { ...counts, failed } : null,
            })),
          ),
        ];
        const verdict = (of: EnvironmentPolicy) => evaluateGates({ ...resolved([]), rules: of }, seen, [], NOW).verdict;
        expect(worse(verdict(policy), verdict(tighter))).toBe(verdict(tighter));
        expect(tighter.checks.slice(0, policy.checks.length).map(({ id, rule }) => [id, rule])).toEqual(
          policy.checks.map(({ id, rule }) => [id, rule]),
        );
        expect(new Set(tighter.checks.map(({ id }) => id)).size).toBe(tighter.checks.length);
        expect({ ...tighter, checks: [] }).toEqual({ ...policy, checks: [] });
      },
    ),
  );
});

test('no rule allows where its facts can not be read', () => {
  fc.assert(
    fc.property(fc.array(anyReport, { minLength: 1, maxLength: 4 }), (reports) => {
      const given = reports.map(({ state, failed, name }, index) => ({
        ...junit,
        id: `rep_${index}`,
        name,
        at: plus(NOW, index),
        state,
        tests: state === 'ok' ? { ...counts, failed } : null,
      }));
      const last = ['a', 'b'].flatMap((name) => given.filter((one) => one.name === name).slice(-1));
      const clean = last.every(({ state, tests }) => state === 'ok' && tests?.failed === 0);
      expect(ask('tests.failed == 0', ...given).verdict === 'allow').toBe(clean);
    }),
  );
});

test.each(['rule:r', 'path:src/**', 'path:src/legacy/*.ts', 'purl:pkg:npm/a'])('a waiver of %s lifts what it names', (subject) => {
  const there = { ...found('critical'), location: 'src/legacy/a.ts:12' };
  const elsewhere = { ...found('critical', 'y'), rule: 'other', cve: null, purl: 'pkg:npm/ab@1', location: 'lib/a.ts:12' };
  const rule = 'findings.counts.critical == 0';
  const one = waiver({ kind: 'finding', subject });
  expect(waived(rule, [one], NOW, sarif([there])).verdict).toBe('allow');
  expect(waived(rule, [one], NOW, sarif([there, elsewhere])).verdict).toBe('deny');
  expect(waived(rule, [one], one.expiresAt, sarif([there])).verdict).toBe('deny');
  // What is not known can't be named.
  if (subject.startsWith('path:')) expect(waived(rule, [one], NOW, sarif([found('critical')])).verdict).toBe('deny');
});

test('a test in quarantine does not count as failed until its waiver ends, and what is not named does', () => {
  const red: ReportFact = {
    ...junit,
    tests: { ...counts, failed: 1, errored: 1, passed: 8 },
    failed: [
      { suite: 'shop', name: 'pays', how: 'failed' },
      { suite: 'shop', name: 'ships', how: 'errored' },
    ],
  };
  const rule = 'tests.failed == 0 && tests.errored == 0';
  const of = (subject: string): Waiver => waiver({ kind: 'quarantine', subject });
  const both = [of('shop.pays'), of('shop::ships')];
  expect(waived(rule, both, NOW, red)).toMatchObject({ verdict: 'allow', notAfter: plus(NOW, 1000) });
  expect(waived(rule, both, plus(NOW, 1000), red).verdict).toBe('deny');
  expect(waived(rule, [of('pays')], NOW, red).verdict).toBe('deny');
  expect(waived('tests.quarantined == 1', [of('pays')], NOW, red).verdict).toBe('allow');
  // A report whose failures are too many to be named has none in quarantine.
  const { failed: _names, ...many } = red;
  expect(waived(rule, both, NOW, many).verdict).toBe('deny');
});

test('advisories that nobody could match are unknown; a waiver lifts one by any of its names', () => {
  const advisory = { advisory: 'GHSA-aaaa-bbbb-cccc', aliases: ['CVE-2026-7'], purl: 'pkg:npm/a@1', fixed: true } as const;
  const on = (advisories: DigestFacts['advisories'], waivers: Waiver[] = [], rule = 'advisories.counts.critical + advisories.counts.unrated == 0') =>
    gatesRule({ resolved: resolved([check(rule)]), facts: [{ ...facts(), ...(advisories === undefined ? {} : { advisories }) }], waivers }, NOW).verdict;
  expect(on(undefined)).toBe('unknown');
  expect(on([])).toBe('allow');
  expect(on([{ ...advisory, severity: 'critical', verdict: 'affected' }])).toBe('deny');
  // Whose versions can't be compared counts too, and what nobody rated is counted by itself.
  expect(on([{ ...advisory, severity: 'critical', verdict: 'unknown' }])).toBe('deny');
  expect(on([{ ...advisory, severity: 'unknown', verdict: 'affected' }])).toBe('deny');
  expect(on([{ ...advisory, severity: 'critical', verdict: 'affected' }], [waiver({ kind: 'finding', subject: 'cve:CVE-2026-7' })])).toBe('allow');
  expect(on([{ ...advisory, severity: 'critical', verdict: 'affected' }], [waiver({ kind: 'finding', subject: 'purl:pkg:npm/b' })])).toBe('deny');
  expect(on([{ ...advisory, severity: 'low', verdict: 'unknown' }], [], 'advisories.fixable == 1 && advisories.unsure == 1')).toBe('allow');
}); // prettier-ignore
