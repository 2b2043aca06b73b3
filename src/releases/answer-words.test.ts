import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answer, type RuleAnswer, type Verdict } from '../kernel/decision.ts';
import { answerWords, NAMED, personsIn, rolesIn, wantedOf, wantedWords, type Holder } from './answer-words.ts';

const per = (digit: string): string => `per_${digit.repeat(32)}`;
const holder = (digit: string, name: string, roles: string[] = ['approver'], delegate: Holder['delegate'] = null): Holder => ({
  id: per(digit),
  name,
  roles,
  delegate,
});
const at = '2026-11-23T10:00:00.000Z';
const later = '2026-11-24T06:00:00.000Z';
const rule = (name: string, verdict: Verdict, rest: Partial<RuleAnswer> = {}): RuleAnswer => ({
  ...answer(name, verdict, [{ code: 'x.y', text: `${name} says ${verdict}.` }]),
  ...rest,
});
const approval = { rule: 'approvals', what: 'an approval by another person as approver', who: ['approver'] };
const said = (verdict: Verdict, rules: RuleAnswer[], earliest: string | null = null) => ({
  verdict,
  environment: 'prod',
  purpose: 'deploy' as const,
  rules,
  earliest,
  notAfter: later,
});

test('who can give an approval: by name, without those whose word would not count, and with who stands in for them', () => {
  const holders = [
    holder('a', 'Ann'),
    holder('b', 'Bo', ['approver'], { id: per('d'), name: 'Di' }),
    holder('c', 'Cy', ['approver'], { id: per('a'), name: 'Ann' }),
    holder('e', 'Ed', ['developer']),
  ];
  const [wanted] = wantedOf([approval], holders, new Set([per('a')]), new Map());
  expect(wanted?.givers).toEqual({
    persons: [
      { id: per('b'), name: 'Bo', delegate: 'Di' },
      { id: per('c'), name: 'Cy', delegate: null },
    ],
    count: 2,
    roles: [],
    others: [],
  });
  expect(wantedWords(wanted!)).toBe('an approval by another person as approver: Bo (or Di for them) or Cy can give it');
});

test('nobody left: the role is named, and that nobody is known', () => {
  const [wanted] = wantedOf([approval], [holder('a', 'Ann')], new Set([per('a')]), new Map());
  expect(wanted?.givers).toMatchObject({ persons: [], count: 0, roles: ['approver'] });
  expect(wantedWords(wanted!)).toMatch(/nobody who could give it is known; it takes the role approver$/);
});

test('who wrote the code may still tick a checklist or mend a gate: only approvals exclude', () => {
  const item = { rule: 'readiness', what: 'Runbook read', who: ['developer'] };
  const [wanted] = wantedOf([item], [holder('a', 'Ann', ['developer'])], new Set([per('a')]), new Map());
  expect(wanted?.givers.persons.map((one) => one.name)).toEqual(['Ann']);
  // An approval is given; all else somebody sees to.
  expect(wantedWords(wanted!)).toBe('Runbook read: Ann can see to it');
});

test('only the person who rejected can take it back, whoever else holds the role', () => {
  const missing = { rule: 'approvals', what: 'the rejection to be withdrawn', who: [per('f')] };
  const [wanted] = wantedOf([missing], [holder('a', 'Ann')], new Set([per('f')]), new Map([[per('f'), 'Fay']]));
  expect(wanted?.givers).toMatchObject({ persons: [{ id: per('f'), name: 'Fay' }], count: 1 });
});

test('many are counted and few named', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), (many) => {
      const holders = Array.from({ length: many }, (_, index) => ({ ...holder('a', `P${index}`), id: `per_${index}` }));
      const [wanted] = wantedOf([approval], holders, new Set(), new Map());
      expect(wanted?.givers.count).toBe(many);
      expect(wanted?.givers.persons).toHaveLength(Math.min(many, NAMED));
      expect(wantedWords(wanted!).includes(' more can give it')).toBe(many > NAMED);
    }),
  );
});

test('what is no person and no role is said as it is', () => {
  const [wanted] = wantedOf([{ rule: 'lifecycle', what: 'verification in stage', who: ['smoke', 'health'] }], [], new Set(), new Map());
  expect(wantedWords(wanted!)).toBe('verification in stage (smoke, health)');
});

test('when: what a clock turns, what somebody must turn, what both must, and how long a yes holds', () => {
  const frozen = rule('calendar', 'wait', { earliest: later });
  const asked = rule('approvals', 'wait', { missing: [approval] });
  const wanted = wantedOf([approval], [], new Set(), new Map());
  const when = (...of: Parameters<typeof answerWords>): string => answerWords(...of).when;
  expect(when(said('wait', [frozen], later), [], new Map())).toBe(`By itself at ${later}, at the earliest.`);
  expect(when(said('wait', [frozen, asked]), wanted, new Map())).toBe(`When what is missing is given, but not before ${later}.`);
  expect(when(said('wait', [asked]), wanted, new Map())).toBe('When what is missing is given; no clock turns it.');
  expect(when(said('deny', [rule('lifecycle', 'deny')]), [], new Map())).toBe('Nothing turns it by itself.');
  expect(when(said('allow', [rule('gates', 'allow', { earliest: at })]), [], new Map())).toMatch(`Holds until ${later}`);
});

test('the headline names the verdict and the rules that made it, and no other', () => {
  const rules = [rule('gates', 'deny'), rule('calendar', 'wait'), rule('debt', 'deny'), rule('lifecycle', 'allow')];
  expect(answerWords(said('deny', rules), [], new Map()).headline).toBe('It may not go to prod: gates and debt.');
  expect(answerWords(said('wait', [rule('calendar', 'wait')]), [], new Map()).headline).toBe("It can't go to prod yet: calendar.");
  expect(answerWords(said('unknown', [rule('gates', 'unknown')]), [], new Map()).headline).toMatch(/can't be found out: gates\.$/);
  expect(answerWords({ ...said('allow', []), purpose: 'rollback' }, [], new Map()).headline).toBe('It may go back in prod now.');
});

test('persons are called by name wherever a reason names them, and an unknown id stays', () => {
  const rules = [rule('approvals', 'deny', { reasons: [{ code: 'a.b', text: `${per('a')} rejected this, ${per('b')} too.` }] })];
  expect(personsIn({ rules, missing: [{ what: 'x', who: [per('c'), 'approver'] }] })).toEqual([per('a'), per('b'), per('c')]);
  expect(answerWords(said('deny', rules), [], new Map([[per('a'), 'Ann']])).rules[0]?.reasons).toEqual([
    `Ann rejected this, ${per('b')} too.`,
  ]);
  expect(rolesIn([{ what: 'x', who: ['approver', per('c'), 'smoke'] }])).toEqual(['approver']);
});

test('a vote is told by whose it is, without its id', () => {
  const text = `The vote apr_${'1'.repeat(32)} of ${per('a')} was withdrawn.`;
  const rules = [rule('approvals', 'wait', { reasons: [{ code: 'approvals.withdrawn', text }] })];
  expect(answerWords(said('wait', rules), [], new Map([[per('a'), 'Ann']])).rules[0]?.reasons).toEqual(['The vote of Ann was withdrawn.']);
});

test('what holds a rule up is said before what is met', () => {
  const reasons = [
    { code: 'gates.passed', text: 'Tests: yes.' },
    { code: 'gates.failed', text: 'Coverage: no.' },
    { code: 'gates.waived', text: 'A scan: no; waived.' },
    { code: 'gates.unknown', text: 'Licences: unknown.' },
  ];
  const words = answerWords(said('deny', [rule('gates', 'deny', { reasons })]), [], new Map());
  expect(words.rules[0]?.reasons).toEqual(['Coverage: no.', 'Licences: unknown.', 'Tests: yes.', 'A scan: no; waived.']);
});
