import { ROLES, type Role } from '../contract/actions.ts';
import type { Missing, RuleAnswer, Verdict } from '../kernel/decision.ts';
import type { Instant } from '../kernel/time.ts';
import { latest } from '../kernel/time.ts';

/** A person who holds roles over the place that is asked about, and who stands in for them. */
export type Holder = {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly delegate: { readonly id: string; readonly name: string } | null;
};

/** Who can give what is missing: persons by name, `count` of them in all; roles only where there is no such person. */
export type Givers = {
  readonly persons: readonly { readonly id: string; readonly name: string; readonly delegate: string | null }[];
  readonly count: number;
  readonly roles: readonly string[];
  /** What is neither a person nor a role: a check, a service, the server. */
  readonly others: readonly string[];
};

/** Something missing with who can give it. */
export type Wanted = Missing & { readonly givers: Givers };

/** The answer in words. Instants stand in them as RFC 3339 in UTC, so that each reader can show their own zone. */
export type Words = {
  readonly headline: string;
  readonly missing: readonly string[];
  readonly when: string;
  readonly rules: readonly { readonly rule: string; readonly verdict: Verdict; readonly reasons: readonly string[] }[];
};

/** More persons than this are counted and not named. */
export const NAMED = 5;
const PERSON = /\bper_[0-9a-f]{32}\b/g;
/** A vote is told by whose it is; its id says nothing to anybody. The recorded reasons keep it. */
const VOTE = /\bvote apr_[0-9a-f]{32}(?= of\b)/g;

/** Ids of the persons that an answer speaks of, once each. */
export function personsIn(answer: { readonly rules: readonly RuleAnswer[]; readonly missing: readonly Missing[] }): string[] {
  const texts = [...answer.rules.flatMap((rule) => rule.reasons.map((reason) => reason.text)), ...answer.missing.flatMap((one) => one.who)];
  return [...new Set(texts.flatMap((text) => text.match(PERSON) ?? []))].sort();
}

/** Roles that an answer waits for. */
export function rolesIn(missing: readonly Missing[]): Role[] {
  return ROLES.filter((role) => missing.some((one) => one.who.includes(role)));
}

/**
 * Who can give each missing thing. `barred` are the persons whose approval would not count: excluded by segregation of
 * duties, or those who have voted. `names` are of the persons whom the answer names itself.
 */
export function wantedOf(
  missing: readonly (Missing & { readonly rule: string })[],
  holders: readonly Holder[],
  barred: ReadonlySet<string>,
  names: ReadonlyMap<string, string>,
): Wanted[] {
  return missing.map(({ rule, what, who }) => {
    const roles = who.filter((one) => (ROLES as readonly string[]).includes(one));
    const named = who.filter((one) => one.startsWith('per_'));
    const closed = rule === 'approvals' && named.length === 0 ? barred : new Set<string>();
    const free = holders.filter((one) => !closed.has(one.id) && one.roles.some((role) => roles.includes(role)));
    const persons = [
      ...named.map((id) => ({ id, name: names.get(id) ?? id, delegate: null })),
      ...free.map(({ id, name, delegate }) => ({
        id,
        name,
        delegate: delegate === null || closed.has(delegate.id) ? null : delegate.name,
      })),
    ];
    const others = who.filter((one) => !roles.includes(one) && !named.includes(one));
    return {
      what,
      who,
      givers: { persons: persons.slice(0, NAMED), count: persons.length, roles: persons.length === 0 ? roles : [], others },
    };
  });
}

type Said = {
  readonly verdict: Verdict;
  readonly environment: string;
  readonly purpose: 'deploy' | 'rollback' | 'preview';
  readonly rules: readonly RuleAnswer[];
  readonly earliest: Instant | null;
  readonly notAfter: Instant;
  /** The service is only observed. */
  readonly observed?: boolean;
};

/** The answer as every door says it: server, command line and screen show these lines and make none of their own. */
export function answerWords(said: Said, wanted: readonly Wanted[], names: ReadonlyMap<string, string>): Words {
  const call = (text: string): string => text.replaceAll(VOTE, 'vote').replaceAll(PERSON, (id) => names.get(id) ?? id);
  return {
    headline: headline(said),
    missing: wanted.map((one) => call(wantedWords(one))),
    when: whenWords(said, wanted.length > 0),
    rules: said.rules.map(({ rule, verdict, reasons }) => ({ rule, verdict, reasons: openFirst(reasons).map(({ text }) => call(text)) })),
  };
}

/** Codes of reasons that say what is met. */
const MET: ReadonlySet<string> = new Set([
  'gates.passed',
  'gates.waived',
  'gates.warned',
  'artifacts.provenance',
  'lifecycle.verified',
  'readiness.dependency',
  'readiness.yes',
  'readiness.way-back',
]);

/** What holds a rule up is read first, and what is met after it; a record keeps them in the order in which they were found. */
function openFirst(reasons: RuleAnswer['reasons']): RuleAnswer['reasons'] {
  return [...reasons.filter(({ code }) => !MET.has(code)), ...reasons.filter(({ code }) => MET.has(code))];
}

function headline(said: Said): string {
  if (said.observed !== true) return plainHeadline(said);
  return `Observed only, nothing is blocked. It would have been said: ${plainHeadline(said)}`;
}

function plainHeadline({ verdict, environment, purpose, rules }: Said): string {
  const open = rules.filter((rule) => rule.verdict === verdict).map((rule) => rule.rule);
  const to = purpose === 'rollback' ? `back in ${environment}` : `to ${environment}`;
  if (verdict === 'allow') return `It may go ${to} now.`;
  const because = open.length === 0 ? '' : `: ${list(open, 'and')}`;
  if (verdict === 'wait') return `It can't go ${to} yet${because}.`;
  if (verdict === 'unknown') return `Whether it may go ${to} can't be found out${because}.`;
  return `It may not go ${to}${because}.`;
}

/** Reasons that say yes themselves, also in a rule that says no: of many checks one fails. */
export const SAYS_YES: ReadonlySet<string> = new Set(['gates.passed', 'gates.waived', 'gates.warned', 'readiness.yes']);

/** What is missing and who can give it (an approval) or see to it (all else), in one sentence without its full stop. */
export function wantedWords({ what, givers: { persons, count, roles, others } }: Wanted): string {
  const thing = what.replace(/\.$/, '');
  const verb = /\bapproval\b/.test(what) ? 'give' : 'see to';
  if (count > 0) {
    const called = persons.map(({ name, delegate }) => (delegate === null ? name : `${name} (or ${delegate} for them)`));
    const more = count - persons.length;
    return `${thing}: ${list([...called, ...(more === 0 ? [] : [`${more} more`])], 'or')} can ${verb} it`;
  }
  const by = others.length === 0 ? '' : ` (${others.join(', ')})`;
  if (roles.length === 0) return `${thing}${by}`;
  return `${thing}${by}: nobody who could ${verb} it is known; it takes the role ${list(roles, 'or')}`;
}

function whenWords({ verdict, rules, earliest, notAfter }: Said, someoneMust: boolean): string {
  if (verdict === 'allow') return `Holds until ${notAfter}, and is asked again at each act.`;
  if (earliest !== null) return `By itself at ${earliest}, at the earliest.`;
  const notBefore = latest(rules.map((rule) => (rule.verdict === 'allow' ? null : rule.earliest)));
  if (notBefore !== null) return `When what is missing is given, but not before ${notBefore}.`;
  return someoneMust ? 'When what is missing is given; no clock turns it.' : 'Nothing turns it by itself.';
}

function list(words: readonly string[], last: 'and' | 'or'): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1) ?? ''}`;
}
