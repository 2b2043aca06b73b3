import type { RuleAnswer } from '../kernel/decision.ts';
import { answer } from '../kernel/decision.ts';
import type { Instant } from '../kernel/time.ts';
import type { ReleaseType } from './plan.ts';

export type DebtInput = {
  readonly releaseType: ReleaseType;
  readonly debts: readonly { readonly id: string; readonly due: Instant; readonly what: string }[];
};

const RULE = 'debt';

/** Rule 7: unpaid break-glass debts of the team block its next standard release; a hotfix or emergency passes and says so. */
export function debtRule(input: DebtInput): RuleAnswer {
  const read = input.debts.map((debt) => ({ kind: 'waiver', id: debt.id, digest: null }));
  if (input.debts.length === 0) return answer(RULE, 'allow', [{ code: 'debt.none', text: 'The team owes nothing.' }]);
  const reasons = input.debts.map((debt) => ({
    code: 'debt.unpaid',
    text: `Unpaid since a break-glass: ${debt.what} (${debt.id}, due ${debt.due}).`,
  }));
  if (input.releaseType !== 'standard') return answer(RULE, 'allow', reasons, { read });
  return answer(RULE, 'deny', reasons, {
    read,
    missing: input.debts.map((debt) => ({ what: `the debt ${debt.id} paid`, who: ['release-manager'] })),
  });
}
