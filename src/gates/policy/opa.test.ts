import { stringify } from 'yaml';
import { expect, test } from 'vitest';
import { digestOf } from '../../kernel/digest.ts';
import { plus } from '../../kernel/time.ts';
import { evaluateGates, opaQuestions } from './evaluate.ts';
import type { DigestFacts } from './facts.ts';
import { isDue, OPA_FRESH_MS, readOpa, type OpaAnswer } from './opa.ts';
import { policyDigest, resolvePolicy } from './policy.ts';
import { presetDocument } from './presets.ts';
import { readPolicy } from './read.ts';
import { weaker } from './stricter.ts';
import { rulesInWords } from './words.ts';

const AT = '2026-01-01T00:00:00.000Z';
const asks = { connection: 'opa', path: 'yardmaster/ship' };
const written = { title: 'OPA agrees', opa: asks, remedy: 'Ask the platform team.', mode: 'block' };
type Loose = { checks: Record<string, unknown>; tiers: Record<string, { production: { checks: string[] } }> };

function read(check: object = written, examples: object = {}): ReturnType<typeof readPolicy> {
  const document = structuredClone(presetDocument('standard')) as unknown as Loose;
  document.checks = { ...document.checks, agreed: check };
  for (const kinds of Object.values(document.tiers)) kinds.production.checks = ['agreed'];
  return readPolicy(stringify({ ...document, examples }, { aliasDuplicateObjects: false }), 'standard.yaml', 2);
}
function resolved(check: object = written): ReturnType<typeof resolvePolicy> {
  const answer = read(check);
  if (!answer.ok) throw new Error(answer.diagnostics.map(({ message }) => message).join());
  return resolvePolicy(answer.policy, 1, 'production');
}
const rules = resolved();
const bare: DigestFacts = { digest: digestOf('x'), reports: [], testsBefore: null };
const question = () => {
  const [one] = opaQuestions({ resolved: rules, facts: [bare], waivers: [] }, AT);
  if (one === undefined) throw new Error('nothing is asked');
  return one;
};
const said = (more: Partial<OpaAnswer> = {}): OpaAnswer => ({
  ...asks,
  input: question().digest,
  askedAt: AT,
  answer: true,
  reasons: [],
  ...more,
});
const answer = (opa: OpaAnswer | null, now = AT) => evaluateGates(rules, [opa === null ? bare : { ...bare, opa: [opa] }], [], now);

test('yes is only a yes to exactly these facts, to this question, of the last ten minutes', () => {
  expect(answer(said())).toMatchObject({ verdict: 'allow', notAfter: plus(AT, OPA_FRESH_MS) });
  expect(answer(said({ answer: false, reasons: ['not on a Friday'] }))).toMatchObject({
    verdict: 'deny',
    reasons: [{ text: expect.stringContaining('not on a Friday') }],
  });
  expect(answer(null).verdict).toBe('unknown');
  expect(answer(said({ answer: null, reasons: ['it answers 503'] }))).toMatchObject({
    verdict: 'unknown',
    reasons: [{ text: expect.stringContaining('it answers 503') }],
  });
  for (const other of [{ input: digestOf('other') }, { connection: 'opa-2' }, { path: 'yardmaster/test' }, { askedAt: plus(AT, 1) }])
    expect(answer(said(other)).verdict, JSON.stringify(other)).toBe('unknown');
  expect(answer(said(), plus(AT, OPA_FRESH_MS - 1)).verdict).toBe('allow');
  expect(answer(said(), plus(AT, OPA_FRESH_MS)).verdict).toBe('unknown');
  // What is known of the release has changed since: the answer was about something else.
  const more: DigestFacts = { ...bare, source: { branch: 'main', branchProtected: true }, opa: [said()] };
  expect(evaluateGates(rules, [more], [], AT).verdict).toBe('unknown');
  // An answer about one artifact of a release says nothing of another.
  const two = [
    { ...bare, opa: [said()] },
    { ...bare, digest: digestOf('y'), opa: [said()] },
  ];
  expect(evaluateGates(rules, two, [], AT).verdict).toBe('unknown');
});

test('it is asked again in time, and sooner where there was no answer', () => {
  const due = (opa: OpaAnswer | null, ms: number) => isDue(question(), opa === null ? [] : [opa], plus(AT, ms));
  expect([due(null, 0), due(said(), 0), due(said(), OPA_FRESH_MS / 2), due(said({ input: digestOf('other') }), 0)]).toEqual([
    true,
    false,
    true,
    true,
  ]);
  expect([due(said({ answer: null }), 29_999), due(said({ answer: null }), 30_000)]).toEqual([false, true]);
});

test('an answer is read as the Data API documents it, and nothing else is a yes', () => {
  expect(readOpa({ result: true })).toEqual({ answer: true, reasons: [] });
  expect(readOpa({ result: false, decision_id: 'x' })).toEqual({ answer: false, reasons: [] });
  expect(readOpa({ result: { allow: true, reasons: ['a\n\u0000b\ud800'], more: 1 } })).toEqual({ answer: true, reasons: ['a b\ufffd'] });
  expect(readOpa({ result: { allow: false, reasons: Array.from({ length: 50 }, () => 'x'.repeat(999)) } }).reasons).toEqual(
    Array.from({ length: 20 }, () => 'x'.repeat(300)),
  );
  for (const other of [
    {},
    { result: null },
    { result: 'true' },
    { result: 1 },
    { result: [true] },
    { result: {} },
    { result: { allow: 1 } },
  ])
    expect(readOpa(other).answer, JSON.stringify(other)).toBeNull();
  for (const other of [
    null,
    true,
    [{ result: true }],
    { result: { allow: true, reasons: 'x' } },
    { result: { allow: true, reasons: [1] } },
  ])
    expect(readOpa(other).answer, JSON.stringify(other)).toBeNull();
});

test('a check asks one question, of a document whose name can leave nothing', () => {
  const codes = (check: object) => {
    const one = read(check);
    return one.ok ? [] : one.diagnostics.map(({ code }) => code);
  };
  expect(codes({ ...written, rule: 'tests.failed == 0' })).toEqual(['gates.one-question']);
  expect(codes({ title: 'Nothing', remedy: 'x', mode: 'block' })).toEqual(['gates.one-question']);
  for (const path of ['../health', 'a/../b', 'a//b', '/a', 'a/', 'a?x', 'a%2fb', '', '.'])
    expect(codes({ ...written, opa: { ...asks, path } }), path).toHaveLength(1);
});

test('examples say what OPA answers, and what is left out is unknown', () => {
  const example = (opa: object | undefined, expected: string) =>
    read(written, { one: { title: 'one', tier: 1, environment: 'production', ...(opa === undefined ? {} : { opa }), expect: expected } })
      .ok;
  expect([example({ agreed: true }, 'allow'), example({ agreed: false }, 'deny'), example(undefined, 'unknown')]).toEqual([
    true,
    true,
    true,
  ]);
  expect(example({ other: true }, 'unknown')).toBe(true);
  expect(example({ agreed: false }, 'allow')).toBe(false);
});

test('it is told in words, and another document is another question', () => {
  expect(rulesInWords(rules.rules)).toContain('OPA agrees (OPA at opa is asked for yardmaster/ship).');
  const other = resolved({ ...written, opa: { ...asks, path: 'yardmaster/lax' } });
  expect(policyDigest(other)).not.toBe(policyDigest(rules));
  expect(weaker(other.rules, rules.rules)).toEqual([{ path: ['checks', 0], above: 'opa opa yardmaster/ship (it blocks)' }]);
  expect(weaker(rules.rules, rules.rules)).toEqual([]);
});
