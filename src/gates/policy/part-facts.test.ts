import { stringify } from 'yaml';
import { expect, test } from 'vitest';
import type { Contents, Part } from '../../artifacts/health/part.ts';
import { digestOf } from '../../kernel/digest.ts';
import type { Waiver } from '../../waivers/waiver.ts';
import { countAdvisories, type AdvisoryFact } from './advisory-facts.ts';
import { evaluateGates } from './evaluate.ts';
import { layered } from './levels.ts';
import { countDependencies, countLicences } from './part-facts.ts';
import { resolvePolicy, type Policy } from './policy.ts';
import { presetDocument } from './presets.ts';
import { readPolicy } from './read.ts';
import { readRequirements } from './read-requirements.ts';
import { requirementsFrom } from './requirements.ts';

const NOW = '2026-11-29T00:00:00.000Z';
const part = (more: Partial<Part> = {}): Part => ({
  name: 'left',
  version: '1.0.0',
  purl: 'pkg:npm/left@1.0.0',
  licence: 'MIT',
  scope: 'required',
  hashed: true,
  direct: null,
  publishedAt: null,
  deprecated: null,
  registry: null,
  ...more,
});
const of = (...parts: Part[]): Contents => ({ parts, incomplete: [] });
const never = (): boolean => false;

test('a licence that nobody wrote, or that no policy speaks of, is counted apart and never allowed', () => {
  const all = of(part(), part({ licence: null }), part({ licence: 'see the file' }), part({ licence: 'GPL-3.0-only' }));
  expect(countLicences(all, [{ allow: ['MIT'] }], never)).toMatchObject({ total: 4, allowed: 1, denied: 1, unknown: 2, waived: 0 });
  expect(countLicences(all, undefined, never)).toBeUndefined();
  expect(countLicences(all, [], never)).toBeUndefined();
  // What only builds need is not shipped.
  expect(countLicences(of(part({ licence: 'GPL-3.0-only', scope: 'excluded' })), [{ deny: ['GPL-*'] }], never)).toMatchObject({ total: 0 });
});

test('every level has to allow the same choice', () => {
  const verdict = (licence: string, ...policies: { allow?: string[]; deny?: string[] }[]) =>
    (countLicences(of(part({ licence })), policies, never)?.['packages'] as { verdict: string }[] | undefined)?.[0]?.verdict;
  expect(verdict('MIT OR GPL-2.0-only', { allow: ['MIT', 'GPL-*'] }, { deny: ['GPL-*'] })).toBe('allowed');
  // One allows the one, another the other: nothing is left to choose.
  expect(verdict('MIT OR GPL-2.0-only', { allow: ['MIT'] }, { allow: ['GPL-2.0-only'] })).toBe('denied');
  expect(verdict('MIT AND GPL-2.0-only', { allow: ['MIT', 'GPL-2.0-only'] }, { deny: ['GPL-*'] })).toBe('denied');
});

test('of age and care what is not known is left out, and a rule that asks for it is unknown', () => {
  const known = part({ publishedAt: '2026-11-09T00:00:00.000Z', registry: { latest: '1.0.0', latestAt: '2026-11-09T00:00:00.000Z' } });
  expect(countDependencies(of(known), NOW)).toMatchObject({ ageUnknown: 0, oldestDays: 20, unmaintained: 0, maintenanceUnknown: 0 });
  const half = countDependencies(of(known, part({ hashed: false, direct: true })), NOW);
  expect(half).toMatchObject({ direct: 1, directUnknown: 1, pinnedByVersionOnly: 1, ageUnknown: 1, deprecationUnknown: 1 });
  expect(half).not.toHaveProperty('oldestDays');
  expect((half['packages'] as object[])[1]).toEqual({
    name: 'left',
    version: '1.0.0',
    purl: 'pkg:npm/left@1.0.0',
    direct: true,
    pinned: 'version',
    maintained: 'unknown',
    deprecated: 'unknown',
  });
});

const DIGEST = digestOf('x');
function policyWith(rule: string, licences?: object): Policy {
  const document = structuredClone(presetDocument('startup')) as unknown as Record<string, unknown>;
  const check = { title: 'Asked', rule, remedy: 'Mend it.', mode: 'block' };
  const read = readPolicy(
    stringify({
      ...document,
      ...(licences === undefined ? {} : { licences }),
      checks: { ...(document['checks'] as object), asked: check },
    }),
    'startup.yaml',
    1,
  );
  if (!read.ok) throw new Error(read.diagnostics.map(({ message }) => message).join());
  const { tiers } = read.policy;
  const asked = { id: 'asked', ...check, mode: 'block' as const };
  return { ...read.policy, tiers: { ...tiers, 1: { ...tiers[1], production: { ...tiers[1].production, checks: [asked] } } } };
}
const answers = (policy: Policy, contents: Contents | undefined, waivers: Waiver[] = []) =>
  evaluateGates(
    resolvePolicy(policy, 1, 'production'),
    [{ digest: DIGEST, reports: [], testsBefore: null, ...(contents === undefined ? {} : { contents }) }],
    waivers,
    NOW,
  );

test('a rule over licences is yes, no, or unknown, and the answer names the packages', () => {
  const policy = policyWith('licences.denied == 0 && licences.unknown == 0', { deny: ['AGPL-*'] });
  expect(answers(policy, of(part())).verdict).toBe('allow');
  const no = answers(policy, of(part({ licence: 'AGPL-3.0-only' }), part({ name: 'right', licence: null })));
  expect(no.verdict).toBe('deny');
  expect(no.reasons[0]?.text).toContain(
    'licences.denied = 1, licences.unknown = 1; left@1.0.0 AGPL-3.0-only: denied, right@1.0.0 without a licence: unknown',
  );
  expect(answers(policy, undefined)).toMatchObject({ verdict: 'unknown' });
  expect(answers(policyWith('licences.denied == 0'), of(part())).reasons[0]?.text).toContain('nobody says which licences are allowed');
  expect(answers(policyWith('dependencies.packages.all(p, p.ageDays < 900)'), of(part())).verdict).toBe('unknown');
});

test('a waiver of a licence lifts that package until it ends, and one of its vulnerabilities does not', () => {
  const policy = policyWith('licences.denied == 0', { deny: ['AGPL-*'] });
  const waiver = (subject: string): Waiver => ({
    id: 'wvr_1', kind: 'finding', scope: { teamId: 't', serviceId: null, environmentId: null }, subject, owner: 'p', requestedBy: 'p', reason: 'r', ticket: 'T', price: null, expiresAt: '2026-12-01T00:00:00.000Z', state: 'approved', decided: null, version: 1, createdAt: NOW,
  }); // prettier-ignore
  const bad = of(part({ licence: 'AGPL-3.0-only' }));
  expect(answers(policy, bad, [waiver('licence:pkg:npm/left')])).toMatchObject({ verdict: 'allow', notAfter: '2026-12-01T00:00:00.000Z' });
  expect(answers(policy, bad, [waiver('purl:pkg:npm/left')]).verdict).toBe('deny');
  expect(answers(policy, bad, [waiver('licence:pkg:npm/leftover')]).verdict).toBe('deny');
});

test('the minimum says which licences are allowed, a policy under it can only narrow that', () => {
  const minimum = readRequirements(
    stringify({
      title: 'All of us',
      checks: { 'our-licences': { title: 'Licences', rule: 'licences.denied == 0', remedy: 'Replace it.', mode: 'block' } },
      requires: [{ environments: ['production'], checks: ['our-licences'], licences: { allow: ['MIT', 'BSD-*'] } }],
    }),
    'policy.yaml',
    null,
  );
  if (!minimum.ok) throw new Error(JSON.stringify(minimum.diagnostics));
  const level = { level: 'organisation' as const, of: null, version: 2, asks: requirementsFrom(minimum.written, 'minimum') };
  const policy = policyWith('licences.denied == 0', { deny: ['BSD-4-Clause'] });
  const both = layered(policy, [level]);
  for (const [licence, verdict] of [
    ['MIT', 'allow'],
    ['BSD-3-Clause', 'allow'],
    ['BSD-4-Clause', 'deny'],
    ['Apache-2.0', 'deny'],
  ] as const)
    expect(answers(both, of(part({ licence }))).verdict, licence).toBe(verdict);
  expect(both.origins?.[1].production['licences']).toMatchObject({ level: 'organisation' });
  // The same said twice is one thing, and changes no digest.
  expect(layered(both, [level]).tiers[1].production.licences).toEqual(both.tiers[1].production.licences);
});

test('what is exploited is late after its day, and without a catalogue unknown', () => {
  const one = (exploited: { is: boolean; due: string | null } | null): AdvisoryFact => ({
    advisory: 'A', aliases: [], purl: 'pkg:npm/a@1', severity: 'high', verdict: 'affected', fixed: true, exploited,
  }); // prettier-ignore
  const counted = (exploited: Parameters<typeof one>[0], today: string) => countAdvisories([one(exploited)], never, today);
  expect(counted({ is: true, due: '2026-01-23' }, '2026-01-23')).toMatchObject({ knownExploited: 1, exploitedOverdue: 0 });
  expect(counted({ is: true, due: '2026-01-23' }, '2026-01-24')).toMatchObject({ knownExploited: 1, exploitedOverdue: 1 });
  expect(counted({ is: false, due: null }, '2026-01-24')).toMatchObject({ knownExploited: 0, exploitedOverdue: 0 });
  expect(counted(null, '2026-01-24')).not.toHaveProperty('knownExploited');
  const asked = (exploited: Parameters<typeof one>[0]) =>
    evaluateGates(
      resolvePolicy(policyWith('advisories.knownExploited == 0'), 1, 'production'),
      [{ digest: DIGEST, reports: [], testsBefore: null, advisories: [one(exploited)] }],
      [],
      NOW,
    );
  expect(asked({ is: false, due: null }).verdict).toBe('allow');
  expect(asked({ is: true, due: null }).verdict).toBe('deny');
  expect(asked(null)).toMatchObject({ verdict: 'unknown' });
  expect(asked(null).reasons[0]?.text).toContain('no catalogue of known exploited vulnerabilities was imported');
});

test('types of packages are checked, and a policy of licences that says nothing is an error', () => {
  expect(() => policyWith('licences.packages.all(p, p.verdct == "allowed")')).toThrow('No such key: verdct');
  expect(() => policyWith('dependencies.packages.exists(p, p.ageDays == "old")')).toThrow('no such overload');
  expect(() => policyWith('licences.denied == 0', {})).toThrow('says what is allowed or what is denied');
  expect(() => policyWith('licences.denied == 0', { deny: ['* '] })).toThrow('SPDX id');
});

test('examples of a policy say what it is made of', () => {
  const document = structuredClone(presetDocument('regulated')) as unknown as Record<string, unknown>;
  const base = { title: 't', tier: 1, environment: 'production', tests: { passed: 10 }, coverage: 90, findings: {} };
  const errors = (packages: object[] | undefined, expected: string) => {
    const read = readPolicy(
      stringify({ ...document, examples: { one: { ...base, ...(packages === undefined ? {} : { packages }), expect: expected } } }),
      'regulated.yaml',
      1,
    );
    return read.ok ? [] : read.diagnostics.map(({ code }) => code);
  };
  expect(errors([{ name: 'a', licence: 'MIT' }], 'allow')).toEqual([]);
  expect(errors([{ name: 'a', licence: 'AGPL-3.0-only' }], 'deny')).toEqual([]);
  expect(errors(undefined, 'unknown')).toEqual([]);
  expect(errors([{ name: 'a', licence: 'AGPL-3.0-only' }], 'allow')).toEqual(['gates.example-fails']);
});
