import { resolvePolicy, type Policy, type ResolvedPolicy } from '../gates/policy/policy.ts';
import type { EnvironmentKind } from '../catalog/environment.ts';
import { FACT_NAMES, type DigestFacts } from '../gates/policy/facts.ts';
import type { Reason, RuleAnswer, Verdict } from '../kernel/decision.ts';
import { fold, worse } from '../kernel/decision.ts';
import type { Instant } from '../kernel/time.ts';
import { earliest, plus } from '../kernel/time.ts';
import { SAYS_YES } from './answer-words.ts';
import { askAll, type Subject } from './may-ship.ts';
import type { RuleInputs } from './rules.ts';

/** A decision of the past with everything that it read. */
export type Recorded = { readonly subject: Subject; readonly inputs: RuleInputs; readonly at: Instant };

/** By the rules as they are now, and as somebody proposes them. */
export type Policies = { readonly now: Policy; readonly proposed: Policy };

/**
 * What a proposal makes of a decision: `stopped` was a yes and would be a no, `delayed` would have to wait (for a clock or for
 * persons), `not-known` could not be found out, `let-through` was no yes and would be one, `other` is another kind of no.
 */
export type Outcome = 'same' | 'stopped' | 'delayed' | 'not-known' | 'let-through' | 'other';

export type Backtested = {
  readonly outcome: Outcome;
  readonly now: Verdict;
  readonly proposed: Verdict;
  /** Of `delayed`: when the clock alone would have let it go; null where persons or other things are needed. */
  readonly earliest: Instant | null;
  /** What makes the difference: what the proposal says no to, or what it asks no more. */
  readonly because: readonly (Reason & { readonly rule: string })[];
  /** What the proposal asks and was not recorded then, because nobody asked for it: facts by name, `opa`, the services that it depends on. */
  readonly notRecorded: readonly string[];
};

/** No more reasons of one decision than this. */
const MOST_REASONS = 20;
/** Facts that a decision recorded only where its policy asked for them, with where they stand among those of a digest. */
const WHERE_ASKED: Partial<Record<(typeof FACT_NAMES)[number], keyof DigestFacts>> = {
  tickets: 'tickets',
  source: 'source',
  advisories: 'advisories',
  licences: 'contents',
  dependencies: 'contents',
};
/** The same of the services that a service depends on. */
const SERVICES = 'services that it depends on';

/**
 * What a recorded decision to deploy would be by the rules as they are now and by proposed ones, from its stored inputs and at its
 * own time. Votes count as they were cast; that they were cast under other rules voids none of them here. A check that blocks
 * from some day on blocks in the proposal, because that is what is asked about. What was not recorded is unknown, never yes.
 * `kindOf`: the kind of an environment by its name today; null where it is gone, and then what was asked of it stays.
 */
export function backtest(recorded: Recorded, policies: Policies, kindOf: (environment: string) => EnvironmentKind | null): Backtested {
  const now = judge(recorded, policies.now, kindOf);
  const proposed = judge(recorded, { ...policies.proposed, tiers: blocking(policies.proposed.tiers) }, kindOf);
  const outcome = outcomeOf(now.verdict, proposed.verdict);
  return {
    outcome,
    now: now.verdict,
    proposed: proposed.verdict,
    earliest: outcome === 'delayed' ? proposed.earliest : null,
    because: outcome === 'let-through' ? reasonsOnlyIn(now.rules, proposed.rules) : reasonsOnlyIn(proposed.rules, now.rules),
    notRecorded: proposed.notRecorded,
  };
}

export function outcomeOf(now: Verdict, proposed: Verdict): Outcome {
  if (now === proposed) return 'same';
  if (proposed === 'allow') return 'let-through';
  if (now !== 'allow') return 'other';
  return proposed === 'deny' ? 'stopped' : proposed === 'wait' ? 'delayed' : 'not-known';
}

type Judged = {
  readonly verdict: Verdict;
  readonly rules: readonly RuleAnswer[];
  readonly earliest: Instant | null;
  readonly notRecorded: readonly string[];
};

function judge({ subject, inputs, at }: Recorded, policy: Policy, kindOf: (environment: string) => EnvironmentKind | null): Judged {
  const { tier, kind } = inputs.gates.resolved;
  const resolved = resolvePolicy(policy, tier, kind);
  const notRecorded = missingOf(inputs, resolved);
  const rules = askAll(subject, under(inputs, policy, resolved, kindOf), at).map((rule) =>
    rule.rule === 'readiness' && notRecorded.includes(SERVICES) ? unknownToo(rule) : rule,
  );
  const { verdict, earliest: first } = fold(rules);
  return { verdict, rules, earliest: first, notRecorded };
}

/** The inputs with another policy's rules in the place of those that were in force. */
function under(
  inputs: RuleInputs,
  policy: Policy,
  resolved: ResolvedPolicy,
  kindOf: (environment: string) => EnvironmentKind | null,
): RuleInputs {
  const { approval, lifecycle, readiness, supplyChain } = resolved.rules;
  return {
    ...inputs,
    lifecycle: {
      ...inputs.lifecycle,
      policy: lifecycle,
      before: inputs.lifecycle.before.map((before) => {
        const kind = kindOf(before.environment);
        return kind === null ? before : { ...before, ...resolvePolicy(policy, resolved.tier, kind).rules.verification };
      }),
    },
    gates: { ...inputs.gates, resolved },
    'supply-chain': { ...inputs['supply-chain'], policy: supplyChain },
    approvals: {
      ...inputs.approvals,
      route: approval,
      votes: inputs.approvals.votes.map((vote) => ({
        ...vote,
        expiresAt:
          approval === null ? vote.expiresAt : (earliest([vote.expiresAt, plus(vote.at, approval.expiresAfter)]) ?? vote.expiresAt),
      })),
    },
    readiness: {
      ...inputs.readiness,
      checklist: readiness.checklist,
      dependencies: readiness.dependencies ? inputs.readiness.dependencies : [],
      rollback: { ...inputs.readiness.rollback, required: readiness.rollbackPlan },
    },
  };
}

function missingOf(inputs: RuleInputs, { rules: asked }: ResolvedPolicy): string[] {
  const { facts, resolved } = inputs.gates;
  const absent = (key: keyof DigestFacts): boolean => facts.some((one) => !Object.hasOwn(one, key));
  const named = FACT_NAMES.filter((name) => {
    const key = WHERE_ASKED[name];
    return (
      key !== undefined && absent(key) && asked.checks.some(({ opa, rule }) => opa === undefined && new RegExp(`\\b${name}\\b`).test(rule))
    );
  });
  const opa = asked.checks.some((check) => check.opa !== undefined) && absent('opa') ? ['opa'] : [];
  const dependencies = asked.readiness.dependencies && !resolved.rules.readiness.dependencies ? [SERVICES] : [];
  return [...named, ...opa, ...dependencies];
}

function unknownToo(rule: RuleAnswer): RuleAnswer {
  const reason = {
    code: 'backtest.not-recorded',
    text: 'Which versions ran there of what it depends on was not recorded then, because the policy did not ask for it.',
  };
  return { ...rule, verdict: worse(rule.verdict, 'unknown'), reasons: [reason, ...rule.reasons], earliest: null };
}

function blocking(tiers: Policy['tiers']): Policy['tiers'] {
  const cell = (rules: Policy['tiers'][1]['production']): Policy['tiers'][1]['production'] => ({
    ...rules,
    checks: rules.checks.map(({ blockFrom: _later, ...check }) => check),
  });
  const row = (kinds: Policy['tiers'][1]): Policy['tiers'][1] =>
    Object.fromEntries(Object.entries(kinds).map(([kind, rules]) => [kind, cell(rules)])) as Policy['tiers'][1];
  return { 1: row(tiers[1]), 2: row(tiers[2]), 3: row(tiers[3]) };
}

/** Reasons of rules that say no in `these`, which the others don't give. */
function reasonsOnlyIn(these: readonly RuleAnswer[], others: readonly RuleAnswer[]): Backtested['because'] {
  const known = new Set(others.flatMap(({ rule, reasons }) => reasons.map(({ code, text }) => `${rule} ${code} ${text}`)));
  return these
    .filter(({ verdict }) => verdict !== 'allow')
    .flatMap(({ rule, reasons }) => reasons.map(({ code, text }) => ({ rule, code, text })))
    .filter(({ rule, code, text }) => !SAYS_YES.has(code) && !known.has(`${rule} ${code} ${text}`))
    .slice(0, MOST_REASONS);
}
