import { policyDigest } from '../gates/policy/policy.ts';
import type { RuleAnswer, Missing, Verdict } from '../kernel/decision.ts';
import { answer, fold } from '../kernel/decision.ts';
import { digestOfValue, type Digest } from '../kernel/digest.ts';
import type { Instant, Millis } from '../kernel/time.ts';
import { earliest, plus } from '../kernel/time.ts';
import { intentDigest, type ReleaseIntent } from './intent.ts';
import type { ReleaseType } from './plan.ts';
import { RULES, rules, type RuleInputs, type RuleName } from './rules.ts';

/** An opened break-glass: the rules that people and papers answer are suspended until then. */
export type BreakGlass = { readonly id: string; readonly until: Instant; readonly persons: readonly string[]; readonly ticket: string };

/** What is asked about. Kept as a blob beside the inputs of the rules. */
export type Subject = {
  readonly v: 1;
  readonly release: string;
  readonly releaseType: ReleaseType;
  /** The environment's name as it was; its id stands in the intent. */
  readonly environment: string;
  readonly purpose: 'deploy' | 'rollback';
  readonly deployment: string | null;
  readonly intent: ReleaseIntent;
  readonly policy: { readonly name: string; readonly version: number };
  readonly breakGlass: BreakGlass | null;
  /** The service is only observed: the answer says what would have been decided, and blocks nothing. */
  readonly observed?: true;
};

export type MayShip = {
  readonly v: 1;
  readonly verdict: Verdict;
  readonly rules: readonly RuleAnswer[];
  readonly missing: readonly Missing[];
  /** The earliest instant at which the answer could turn to allow by itself; null where something else is needed. */
  readonly earliest: Instant | null;
  /** Until when an allow holds. Whoever acts enforces it. */
  readonly notAfter: Instant;
  readonly intent: Digest;
  readonly policy: { readonly name: string; readonly version: number; readonly digest: Digest };
  readonly at: Instant;
  /** It is what would have been decided: the service is only observed, and nothing is blocked. */
  readonly observed?: true;
  /** Digests of the subject and of each rule's input, as stored. */
  readonly inputs: { readonly [Name in RuleName | 'subject']: Digest };
  /** Over everything above. */
  readonly digest: Digest;
};

/** No allow holds longer than this. */
export const LONGEST_ALLOW: Millis = 30_000;

/** A break-glass suspends these. Never the supply chain: nothing unsigned or revoked ever ships. */
const SUSPENDED: readonly RuleName[] = ['lifecycle', 'gates', 'approvals', 'calendar', 'readiness', 'debt'];
/** The way back passes these; they warn. What denies it is in the lifecycle (never good here, revoked) and in readiness (data loss). */
const PASSED_BY_ROLLBACK: readonly RuleName[] = ['gates', 'supply-chain', 'approvals', 'calendar', 'debt'];

/**
 * The one answer: may this go there now? A pure function of the subject, seven inputs and a clock, so that it can be
 * derived again from the stored bytes, years later and by a stranger.
 */
export function decide(subject: Subject, inputs: RuleInputs, now: Instant): MayShip {
  const intent = intentDigest(subject.intent);
  assertOneStory(subject, inputs, intent);
  const asked = askAll(subject, inputs, now);
  const folded = fold(asked);
  const body = {
    v: 1 as const,
    verdict: folded.verdict,
    rules: folded.rules,
    missing: folded.missing,
    earliest: folded.earliest,
    notAfter: earliest([...asked.map((rule) => rule.notAfter), plus(now, LONGEST_ALLOW)]) ?? now,
    intent,
    policy: { ...subject.policy, digest: subject.intent.policyDigest },
    at: now,
    ...(subject.observed === true ? { observed: true as const } : {}),
    inputs: inputDigests(subject, inputs),
  };
  return { ...body, digest: digestOfValue(body) };
}

/** What each rule answers, in the order of the road; what this purpose or a break-glass passes is allowed and keeps its reasons. */
export function askAll(subject: Subject, inputs: RuleInputs, now: Instant): RuleAnswer[] {
  return RULES.map((name) => soften(subject, name, ask(name, inputs, now), now));
}

/** The digests under which the subject and the inputs are stored. */
export function inputDigests(subject: Subject, inputs: RuleInputs): MayShip['inputs'] {
  const entries = RULES.map((name) => [name, digestOfValue(inputs[name])] as const);
  return { subject: digestOfValue(subject), ...(Object.fromEntries(entries) as Record<RuleName, Digest>) };
}

/** What differs between a recorded answer and the one derived again; empty means the same. */
export function differences(recorded: MayShip, derived: MayShip): string[] {
  const parts = ['verdict', 'intent', 'notAfter', 'earliest', 'at', 'digest'] as const;
  const found: string[] = parts.filter((part) => recorded[part] !== derived[part]);
  for (const name of ['subject', ...RULES] as const) if (recorded.inputs[name] !== derived.inputs[name]) found.push(`inputs.${name}`);
  derived.rules.forEach((rule, index) => {
    if (digestOfValue(rule) !== digestOfValue(recorded.rules[index] ?? null)) found.push(`rules.${rule.rule}`);
  });
  return found;
}

function ask<Name extends RuleName>(name: Name, inputs: RuleInputs, now: Instant): RuleAnswer {
  return rules[name](inputs[name], now);
}

/** An open answer that this purpose or a break-glass passes becomes an allow that keeps every reason. */
function soften(subject: Subject, name: RuleName, asked: RuleAnswer, now: Instant): RuleAnswer {
  if (asked.verdict === 'allow') return asked;
  const keep = (code: string, text: string, notAfter: Instant | null): RuleAnswer =>
    answer(asked.rule, 'allow', [{ code, text: `${text} (was ${asked.verdict}).` }, ...asked.reasons], { read: asked.read, notAfter });
  if (subject.purpose === 'rollback' && PASSED_BY_ROLLBACK.includes(name))
    return keep('may-ship.rollback-passes', 'Going back passes this', null);
  const glass = subject.breakGlass;
  const ends = asked.reasons.some((reason) => NEVER_SUSPENDED.has(reason.code));
  if (glass !== null && subject.purpose === 'deploy' && glass.until > now && SUSPENDED.includes(name) && !ends) {
    return keep('may-ship.break-glass', `Suspended by the break-glass ${glass.id} (${glass.ticket}) until ${glass.until}`, glass.until);
  }
  return asked;
}

const NEVER_SUSPENDED: ReadonlySet<string> = new Set(['lifecycle.artifact-revoked', 'lifecycle.abandoned', 'lifecycle.held']);

/** The inputs must speak of the subject. Mixed-up inputs are a bug or a forgery, and never an answer. */
function assertOneStory(subject: Subject, inputs: RuleInputs, intent: Digest): void {
  const digests = subject.intent.digests.map((digest) => ({ digest }));
  const claims: readonly (readonly [string, unknown, unknown])[] = [
    ['approvals.intent', inputs.approvals.intent, intent],
    ['approvals.deployment', inputs.approvals.deployment, subject.deployment],
    ['lifecycle.purpose', inputs.lifecycle.purpose, subject.purpose],
    ['readiness.purpose', inputs.readiness.purpose, subject.purpose],
    ['readiness.releaseType', inputs.readiness.releaseType, subject.releaseType],
    ['calendar.purpose', inputs.calendar.subject.purpose, subject.purpose],
    ['calendar.environment', inputs.calendar.subject.environment, subject.environment],
    ['calendar.releaseType', inputs.calendar.subject.releaseType, subject.releaseType],
    ['debt.releaseType', inputs.debt.releaseType, subject.releaseType],
    ['gates.policy', policyDigest(inputs.gates.resolved), subject.intent.policyDigest],
    ['gates.digests', setOf(inputs.gates.facts), setOf(digests)],
    ['supply-chain.digests', setOf(inputs['supply-chain'].digests), setOf(digests)],
  ];
  for (const [what, said, meant] of claims) if (said !== meant) throw new Error(`mayShip: ${what} does not speak of the subject`);
}

function setOf(of: readonly { readonly digest: string }[]): string {
  return [...new Set(of.map((one) => one.digest))].sort().join();
}
