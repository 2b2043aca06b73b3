import { stringify } from 'yaml';
import { expect, test } from 'vitest';
import { digestOf } from '../../kernel/digest.ts';
import { evaluateGates } from './evaluate.ts';
import { FACT_TYPES } from './fact-types.ts';
import { rulesFacts, type DigestFacts } from './facts.ts';
import { resolvePolicy } from './policy.ts';
import { presetDocument, PRESETS } from './presets.ts';
import { readPolicy } from './read.ts';

type Loose = { checks: Record<string, Record<string, unknown>> } & Record<string, unknown>;
const standard = () => structuredClone(presetDocument('standard')) as unknown as Loose;
const check = (document: Loose, id: string): Record<string, unknown> => (document.checks[id] ??= {});
const read = (document: object) => readPolicy(stringify(document, { aliasDuplicateObjects: false }), 'standard.yaml', 2);
const messages = (answer: ReturnType<typeof read>): string[] =>
  answer.ok ? [] : answer.diagnostics.map((one) => `${one.code}: ${one.message}`);

const passing = {
  title: 'all good',
  tier: 2,
  environment: 'production',
  tests: { passed: 10 },
  coverage: 90,
  findings: {},
  expect: 'allow',
};

test('a policy carries its examples, and is not read while one of them answers otherwise', () => {
  const good = {
    ...standard(),
    examples: { good: passing, failed: { ...passing, title: 'one fails', tests: { passed: 9, failed: 1 }, expect: 'deny' } },
  };
  expect(read(good).ok).toBe(true);
  const bad = read({ ...good, examples: { bad: { ...passing, tests: 'missing' } } });
  expect(messages(bad)).toEqual([expect.stringContaining('gates.example-fails: the policy answers unknown, and allow is expected')]);
  expect(bad.ok ? null : bad.diagnostics[0]?.range.start.line).toBeGreaterThan(1);
});

test('a branch that is not protected is no, and one of which nobody knows is unknown', () => {
  const document = { ...standard(), examples: {} as Record<string, object> };
  check(document, 'tests-pass')['rule'] = 'tests.failed == 0 && source.branchProtected';
  const answers = (branchProtected: boolean | undefined) => {
    const example = { ...passing, ...(branchProtected === undefined ? {} : { branchProtected }) };
    return ['allow', 'deny', 'unknown'].filter((expected) => read({ ...document, examples: { one: { ...example, expect: expected } } }).ok);
  };
  expect([answers(true), answers(false), answers(undefined)]).toEqual([['allow'], ['deny'], ['unknown']]);
});

test('a rule that names no fact, or compares what can’t be compared, is told at its words', () => {
  const ruled = (rule: string) => {
    const document = standard();
    check(document, 'tests-pass')['rule'] = rule;
    return messages(read(document));
  };
  expect(ruled('tests.passed > 0 && tests.faild == 0')).toEqual([expect.stringContaining('No such key: faild')]);
  expect(ruled('tests.failed == "0"')).toEqual([expect.stringContaining('no such overload')]);
  expect(ruled('findings.counts')).toEqual([expect.stringContaining('bool is asked')]);
  expect(ruled('tests.failed + 1')).toEqual([expect.stringContaining('it answers int')]);
  expect(ruled('size(reports) > 0 && has(coverage.branches)')).toEqual([]);
});

test('the types are those of the facts', () => {
  const at = '2026-01-01T00:00:00.000Z';
  const digest = digestOf('x');
  const base = {
    run: 'run',
    trust: 'protected',
    digest,
    state: 'ok',
    reason: null,
    at,
    tests: null,
    coverage: null,
    findings: null,
    sbom: null,
  } as const;
  const counts = { total: 1, passed: 1, failed: 0, errored: 0, skipped: 0, flaky: 0, durationMs: 1, suites: 1 };
  const facts: DigestFacts = {
    digest,
    testsBefore: null,
    exploitedCatalogue: '1',
    build: {
      recorded: true,
      trust: 'protected',
      system: 'jenkins',
      via: 'token',
      issuer: '',
      repository: '',
      ref: '',
      workflow: '',
      signedBy: 'nobody',
      signer: '',
      signerIssuer: '',
      signerRepository: '',
    },
    source: { branch: 'main', branchProtected: true },
    advisories: [
      {
        advisory: 'A',
        aliases: [],
        purl: 'pkg:npm/a@1',
        severity: 'low',
        verdict: 'affected',
        fixed: true,
        exploited: { is: true, due: '2026-01-01' },
      },
    ],
    contents: {
      incomplete: [],
      parts: [
        {
          name: 'a',
          version: '1',
          purl: 'pkg:npm/a@1',
          licence: 'MIT',
          scope: 'required',
          hashed: true,
          direct: true,
          publishedAt: at,
          deprecated: null,
          registry: { latest: '1', latestAt: at },
        },
      ],
    },
    reports: [
      { ...base, id: '1', kind: 'junit', name: 'a', tests: counts },
      {
        ...base,
        id: '2',
        kind: 'lcov',
        name: 'b',
        coverage: { lines: { covered: 1, total: 2 }, branches: { covered: 1, total: 2 }, files: 1 },
      },
      { ...base, id: '3', kind: 'cyclonedx', name: 'c', findings: [], sbom: { specVersion: '1.6', components: 1, withPurl: 1 } },
    ],
  };
  const given = rulesFacts(facts, { finding: () => false }, { now: at, tier: 1, licences: [{ allow: ['MIT'] }] });
  const shape = (value: unknown): unknown =>
    Array.isArray(value)
      ? { list: shape(value[0]) }
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shape(one)]))
        : 'one';
  const typed = (type: unknown): unknown =>
    typeof type === 'string' ? 'one' : Object.fromEntries(Object.entries(type as object).map(([key, one]) => [key, typed(one)]));
  const { reports: _reports, ...rest } = given;
  const { reports: _map, tickets: _list, ...types } = FACT_TYPES;
  expect(shape(rest)).toEqual(typed(types));
  for (const { name } of PRESETS) expect(read(presetDocument(name) as object).ok, name).toBe(true);
});

test('a check may warn until a day, and block from then on', () => {
  const document = standard();
  Object.assign(check(document, 'coverage-known'), { mode: 'block', blockFrom: '2026-12-01T00:00:00+01:00' });
  const answer = read(document);
  if (!answer.ok) throw new Error(messages(answer).join());
  const resolved = resolvePolicy(answer.policy, 2, 'production');
  const only = { ...resolved, rules: { ...resolved.rules, checks: resolved.rules.checks.filter(({ id }) => id === 'coverage-known') } };
  const asked = (now: string) => evaluateGates(only, [{ digest: digestOf('x'), reports: [], testsBefore: null }], [], now);
  expect(asked('2026-11-30T22:59:59.999Z')).toMatchObject({ verdict: 'allow', notAfter: '2026-11-30T23:00:00.000Z' });
  expect(asked('2026-11-30T23:00:00.000Z')).toMatchObject({ verdict: 'unknown' });
  check(document, 'coverage-known')['mode'] = 'warn';
  expect(messages(read(document))).toEqual([expect.stringContaining('gates.warns-for-ever')]);
});
