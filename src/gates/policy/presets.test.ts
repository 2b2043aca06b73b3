import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ENVIRONMENT_KINDS } from '../../catalog/environment.ts';
import { POLICIES } from '../../catalog/service.ts';
import { policyDocumentSchema, policyFrom } from './document.ts';
import { policyDigest, resolvePolicy, TIERS } from './policy.ts';
import { PRESETS } from './presets.ts';
import { readPolicy } from './read.ts';

const file = (name: string) => readFileSync(join(import.meta.dirname, '../../../examples/policies', `${name}.yaml`), 'utf8');
const policies = PRESETS.map((document) => policyFrom(policyDocumentSchema.parse(document), 1));

test('every policy that a service can name is a preset, complete for every tier and kind', () => {
  expect(PRESETS.map(({ name }) => name)).toEqual([...POLICIES]);
  for (const policy of policies)
    for (const tier of TIERS)
      for (const kind of ENVIRONMENT_KINDS) expect(resolvePolicy(policy, tier, kind).rules.verification.checks.length).toBeGreaterThan(0);
});

test.each([...POLICIES])('examples/policies/%s.yaml is the preset, word for word', (name) => {
  const read = readPolicy(file(name), `${name}.yaml`, 1);
  if (!read.ok) throw new Error(JSON.stringify(read.diagnostics));
  expect(read.document).toEqual(PRESETS.find((preset) => preset.name === name));
  expect(read.policy).toEqual(policies.find((policy) => policy.name === name));
  expect(read.warnings).toEqual([]);
});

test('what a preset stands for', () => {
  const production = (name: string, tier: 1 | 2 | 3) => {
    const policy = policies.find((one) => one.name === name);
    if (policy === undefined) throw new Error(name);
    return policy.tiers[tier].production;
  };
  for (const policy of policies) {
    for (const tier of TIERS) {
      const { checks, lifecycle, supplyChain, approval } = policy.tiers[tier].production;
      expect(checks.some(({ id, mode }) => id === 'tests-pass' && mode === 'block')).toBe(true);
      expect(lifecycle.verifiedBefore && supplyChain.provenance).toBe(true);
      for (const who of ['author', 'committer', 'co-author', 'requester'] as const)
        if (approval !== null) expect(approval.exclude).toContain(who);
    }
  }
  expect(production('startup', 3).approval).not.toBeNull();
  expect(production('startup', 1).breakGlass.persons).toBe(1);
  expect(production('standard', 3).approval).toBeNull();
  expect(production('regulated', 3).breakGlass.persons).toBe(2);
  expect(production('regulated', 2).approval?.exclude).toContain('policy-changer');
  expect(production('regulated', 1).checks.every(({ mode }) => mode === 'block')).toBe(true);
});

test('a mistake is told with its place, all at once, and nothing unknown is passed over', () => {
  const source = file('startup')
    .replace('rule: tests.passed > 0', 'rule: tets.passed > 0')
    .replace('expiresAfter: 7d', 'expiresAfter: soon')
    .replace('approval: one-other-person', 'approval: nobody')
    .replace('title: One other', 'extra: 1\ntitle: One other');
  const read = readPolicy(source, 'startup.yaml', 1);
  if (read.ok) throw new Error('it was accepted');
  expect(read.diagnostics.map(({ code }) => code)).toEqual(
    expect.arrayContaining(['gates.bad-rule', 'gates.no-duration', 'yaml.unknown-key']),
  );
  const bad = read.diagnostics.find(({ code }) => code === 'gates.bad-rule');
  expect(source.split('\n')[(bad?.range.start.line ?? 0) - 1]).toContain('tets.passed');
  const dangling = readPolicy(
    file('startup').replace('approval: one-other-person', 'approval: nobody').replace('- severe-findings', '- no-such'),
    'startup.yaml',
    1,
  );
  expect(dangling.ok ? [] : dangling.diagnostics.map(({ code }) => code).sort()).toEqual(['gates.no-such-check', 'gates.no-such-route']);
});

test('the digest of the resolved rules moves with them, and with nothing else', () => {
  const [policy] = policies;
  if (policy === undefined) throw new Error('no policy');
  const digest = (of: typeof policy, tier: 1 | 2 | 3 = 2) => policyDigest(resolvePolicy(of, tier, 'production'));
  const rules = policy.tiers[2].production;
  const edited = (tier: 1 | 2 | 3) => ({
    ...policy,
    version: 2,
    tiers: { ...policy.tiers, [tier]: { ...policy.tiers[tier], production: { ...rules, checks: [] } } },
  });
  expect(digest(edited(2))).not.toBe(digest(policy));
  expect(digest(edited(3))).toBe(digest(policy));
  expect(digest({ ...policy, version: 9, title: 'other' })).toBe(digest(policy));
});
