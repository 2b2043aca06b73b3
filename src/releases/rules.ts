import { supplyChain, type SupplyChainInput, type SupplyChainPolicy } from '../artifacts/supply-chain.ts';
import { approvalsRule, type ApprovalsInput } from '../changes/approvals.ts';
import { gatesRule, type GatesInput } from '../gates/policy/evaluate.ts';
import type { RuleAnswer } from '../kernel/decision.ts';
import type { Instant } from '../kernel/time.ts';
import { calendarAnswer, type CalendarInput } from './calendar/answer.ts';
import { debtRule, type DebtInput } from './debt.ts';
import { lifecycleRule, type LifecycleInput } from './lifecycle.ts';
import { readinessRule, type ReadinessInput } from './readiness.ts';

/** The rules that mayShip folds, in the order of the road. */
export const RULES = ['lifecycle', 'gates', 'supply-chain', 'approvals', 'calendar', 'readiness', 'debt'] as const;
export type RuleName = (typeof RULES)[number];

/** One plain JSON value for each rule: all that it reads. */
export type RuleInputs = {
  readonly lifecycle: LifecycleInput;
  readonly gates: GatesInput;
  readonly 'supply-chain': { readonly digests: readonly SupplyChainInput[]; readonly policy: SupplyChainPolicy };
  readonly approvals: ApprovalsInput;
  readonly calendar: CalendarInput;
  readonly readiness: ReadinessInput;
  readonly debt: DebtInput;
};

/** Each rule is a function of its input and a clock, and of nothing else. */
export const rules: { readonly [Name in RuleName]: (input: RuleInputs[Name], now: Instant) => RuleAnswer } = {
  lifecycle: lifecycleRule,
  gates: gatesRule,
  'supply-chain': ({ digests, policy }) => supplyChain(digests, policy),
  approvals: approvalsRule,
  calendar: calendarAnswer,
  readiness: readinessRule,
  debt: debtRule,
};
