import { expect, test } from 'vitest';
import { policyDocumentSchema, policyFrom } from './document.ts';
import { runExamples } from './examples.ts';
import { PRESETS } from './presets.ts';
import { rulesInWords } from './words.ts';

const policies = new Map(PRESETS.map((document) => [document.name, policyFrom(policyDocumentSchema.parse(document), 1)]));
const policy = (name: 'startup' | 'standard' | 'regulated') => {
  const found = policies.get(name);
  if (found === undefined) throw new Error(name);
  return found;
};
const verdict = (name: 'startup' | 'standard' | 'regulated', example: string, tier: number, kind: string) =>
  runExamples(policy(name))
    .find((one) => one.example === example)
    ?.answers.find((one) => one.tier === tier && one.kind === kind)?.verdict;

test('the words say who approves, how long what counts, and what is asked of reports', () => {
  const words = rulesInWords(policy('standard').tiers[1].production).join('\n');
  expect(words).toContain('Approved by 1 approver, then 1 release-manager, different persons; none of whom is an author of a commit,');
  expect(words).toContain('an approval lasts 3d.');
  expect(words).toContain('ran there for 1h');
  expect(words).toContain('Tests ran and none failed.');
  expect(rulesInWords(policy('standard').tiers[3].production)).toContain('No person has to approve: the policy does.');
  expect(rulesInWords(policy('standard').tiers[2].production).join('\n')).toContain('(it only warns)');
});

test('examples are answered as releases are', () => {
  expect(verdict('standard', 'all-good', 1, 'production')).toBe('allow');
  expect(verdict('standard', 'test-failed', 1, 'production')).toBe('deny');
  expect(verdict('standard', 'no-tests', 1, 'production')).toBe('deny');
  expect(verdict('standard', 'no-reports', 1, 'production')).toBe('unknown');
  expect(verdict('standard', 'unreadable', 1, 'production')).toBe('unknown');
  expect(verdict('standard', 'tests-gone', 1, 'production')).toBe('deny');
  expect(verdict('standard', 'little-coverage', 1, 'production')).toBe('deny');
  expect(verdict('standard', 'little-coverage', 2, 'production')).toBe('allow');
  expect(verdict('standard', 'critical-finding', 2, 'production')).toBe('allow');
  expect(verdict('standard', 'critical-finding', 1, 'production')).toBe('deny');
  expect(verdict('regulated', 'no-scan', 1, 'production')).toBe('unknown');
  expect(verdict('startup', 'no-reports', 3, 'development')).toBe('allow');
});
