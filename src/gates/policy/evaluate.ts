import type { CompiledCel } from '../../kernel/cel.ts';
import { compileCel } from '../../kernel/cel.ts';
import type { Missing, Read, Reason, RuleAnswer, Verdict } from '../../kernel/decision.ts';
import { answer, worst } from '../../kernel/decision.ts';
import type { Instant } from '../../kernel/time.ts';
import { earliest } from '../../kernel/time.ts';
import type { Waiver } from '../../waivers/waiver.ts';
import { isActive } from '../../waivers/waiver.ts';
import { liftsAdvisory, liftsFinding, liftsLicence, liftsTest } from '../../waivers/lifts.ts';
import type { DigestFacts, ReportFact } from './facts.ts';
import { FACT_NAMES, feeds, rulesFacts, speaking } from './facts.ts';
import { licencesSeen } from './part-facts.ts';
import { asksOpa, opaQuestion, opaSaid, type OpaQuestion } from './opa.ts';
import { originWords, type Check, type Origin, type ResolvedPolicy } from './policy.ts';

export const GATES = 'gates';

/** All that the rule reads, as plain JSON, so that the decision can be replayed from it. */
export type GatesInput = {
  readonly resolved: ResolvedPolicy;
  /** One entry for each digest of the release. */
  readonly facts: readonly DigestFacts[];
  /** Waivers that are in scope; whether they still hold is asked here, by the clock of the decision. */
  readonly waivers: readonly Waiver[];
};

/** The gates rule of mayShip. */
export function gatesRule(input: GatesInput, now: Instant): RuleAnswer {
  return evaluateGates(input.resolved, input.facts, input.waivers, now);
}

/** Every question that the checks put to an OPA, for each digest; the same facts at the same time put the same ones. */
export function opaQuestions({ resolved, facts, waivers }: GatesInput, now: Instant): OpaQuestion[] {
  const asking = resolved.rules.checks.flatMap((check) => asksOpa(check) ?? []);
  if (asking.length === 0) return [];
  const active = waivers.filter((waiver) => isActive(waiver, now));
  return facts.flatMap((one) => {
    const { variables } = seenBy(resolved, one, active, now);
    return asking.map((check) => opaQuestion(check, resolved, one.digest, variables));
  });
}

type Asked = {
  readonly verdict: Verdict;
  readonly reason: Reason;
  readonly missing: readonly Missing[];
  readonly notAfter: Instant | null;
};

/**
 * Rule 2: every check of the policy, on the reports of every digest, worst answer wins. A check passes only where its
 * rule is exactly true. What no report says, an unreadable report, an error in a rule: unknown, never yes. No digest
 * at all is unknown.
 */
export function evaluateGates(
  resolved: ResolvedPolicy,
  digests: readonly DigestFacts[],
  waivers: readonly Waiver[],
  now: Instant,
): RuleAnswer {
  if (digests.length === 0)
    return answer(GATES, 'unknown', [
      { code: 'gates.no-digest', text: 'The release names no artifact, so there is nothing that a report could speak for.' },
    ]);
  const active = waivers.filter((waiver) => isActive(waiver, now));
  const { checks } = resolved.rules;
  const read = [
    ...digests.flatMap(({ reports }) => speaking(reports).map(readOf)),
    ...active.map(({ id }): Read => ({ kind: 'waiver', id, digest: null })),
  ];
  const unreadable = (resolved.unreadable ?? []).map((text): Reason => ({ code: 'gates.level-unreadable', text }));
  if (checks.length === 0 && unreadable.length === 0)
    return answer(
      GATES,
      'allow',
      [{ code: 'gates.none-asked', text: `The policy ${resolved.name} asks no check of tier ${resolved.tier} in ${resolved.kind}.` }],
      { read },
    );
  const asked = digests.flatMap((facts) => {
    const { variables, until } = seenBy(resolved, facts, active, now);
    return checks.map((check) => {
      const opa = asksOpa(check);
      const said =
        opa === null
          ? askRule(check.rule, facts, variables, until)
          : askOpa(opaQuestion(opa, resolved, facts.digest, variables), facts, until, now);
      return askCheck(check, facts, said, active, { now, origin: resolved.origins?.[`checks.${check.id}`] });
    });
  });
  return answer(
    GATES,
    worst([...asked.map(({ verdict }) => verdict), ...unreadable.map(() => 'unknown' as const)]),
    [...unreadable, ...asked.map(({ reason }) => reason)],
    {
      read,
      missing: [...unreadable.map(({ text }) => ({ what: text, who: ['developer'] })), ...asked.flatMap(({ missing }) => missing)],
      notAfter: earliest(asked.map(({ notAfter }) => notAfter)),
    },
  );
}

/** The facts as rules see them, and until when the waivers hold that lifted something of them. */
function seenBy(
  resolved: ResolvedPolicy,
  facts: DigestFacts,
  active: readonly Waiver[],
  now: Instant,
): { readonly variables: Readonly<Record<string, unknown>>; readonly until: Instant | null } {
  const lifted = new Set<Waiver>();
  const by =
    <One>(lifts: (waiver: Waiver, one: One) => boolean) =>
    (one: One): boolean => {
      const waiver = active.find((other) => lifts(other, one));
      if (waiver !== undefined) lifted.add(waiver);
      return waiver !== undefined;
    };
  const waived = { finding: by(liftsFinding), advisory: by(liftsAdvisory), licence: by(liftsLicence), test: by(liftsTest) };
  const { licences } = resolved.rules;
  const variables = rulesFacts(facts, waived, { now, tier: resolved.tier, ...(licences === undefined ? {} : { licences }) });
  return { variables, until: earliest([...lifted].map(({ expiresAt }) => expiresAt)) };
}

/** What was answered, with what was seen, what troubles where nobody can say, and how long a yes holds. */
type Said = {
  readonly result: boolean | string;
  readonly seen: string;
  readonly trouble: string;
  readonly until: Instant | null;
  readonly needs: string;
};

function askRule(rule: string, facts: DigestFacts, variables: Readonly<Record<string, unknown>>, until: Instant | null): Said {
  return {
    result: run(rule, variables),
    seen: valuesSeen(rule, variables),
    trouble: troubles(rule, facts, variables),
    until: /\b(?:findings|advisories|licences|tests)\b/.test(rule) ? until : null,
    needs: `reports of ${short(facts.digest)}`,
  };
}

function askOpa(question: OpaQuestion, facts: DigestFacts, until: Instant | null, now: Instant): Said {
  const { result, reasons, until: fresh } = opaSaid(question, facts.opa, now);
  const seen = ` (OPA at ${question.connection}${reasons.length === 0 ? '' : `: ${reasons.join('; ')}`})`;
  return { result, seen, trouble: '', until: earliest([until, fresh]), needs: `an answer of OPA at ${question.connection}` };
}

function askCheck(
  check: Check,
  facts: DigestFacts,
  { result, seen, trouble, until, needs }: Said,
  active: readonly Waiver[],
  { now, origin }: { readonly now: Instant; readonly origin: Origin | undefined },
): Asked {
  const about = `${check.title} (${check.id}${origin === undefined ? '' : `, asked by ${originWords(origin)}`}, ${short(facts.digest)})`;
  if (result === true) {
    return { verdict: 'allow', reason: { code: 'gates.passed', text: `${about}: yes${seen}.` }, missing: [], notAfter: until };
  }
  const waiver = active.find((one) => one.kind === 'check' && one.subject === check.id);
  const said = result === false ? `no${seen}` : `could not be found out: ${result}${trouble}`;
  if (waiver !== undefined) {
    return {
      verdict: 'allow',
      reason: { code: 'gates.waived', text: `${about}: ${said}; waived by ${waiver.id} until ${waiver.expiresAt}.` },
      missing: [],
      notAfter: waiver.expiresAt,
    };
  }
  const blocksLater = check.blockFrom !== undefined && now < check.blockFrom ? check.blockFrom : null;
  if (check.mode === 'warn' || blocksLater !== null) {
    const words = blocksLater === null ? 'the policy only warns' : `the policy warns, and blocks from ${blocksLater}`;
    return { verdict: 'allow', reason: { code: 'gates.warned', text: `${about}: ${said}; ${words}.` }, missing: [], notAfter: blocksLater };
  }
  if (result === false)
    return {
      verdict: 'deny',
      reason: { code: 'gates.failed', text: `${about}: ${said}. ${check.remedy}` },
      missing: [{ what: check.remedy, who: ['developer'] }],
      notAfter: null,
    };
  const reading = speaking(facts.reports).some((report) => report.state === 'received' && concerns(check.rule, report));
  return {
    verdict: reading ? 'wait' : 'unknown',
    reason: { code: reading ? 'gates.being-read' : 'gates.unknown', text: `${about}: ${said}. ${check.remedy}` },
    missing: [{ what: `${needs} that answer${check.opa === undefined ? '' : 's'} ${check.id}`, who: ['developer'] }],
    notAfter: null,
  };
}

/** True or false where the rule says exactly that; else why it can't be said. */
function run(rule: string, variables: Readonly<Record<string, unknown>>): boolean | string {
  const compiled = compiledOnce(rule);
  if (!compiled.ok) return `the rule can't be read: ${compiled.message}`;
  const result = compiled.evaluate(variables);
  if (result.kind === 'unknown') return result.why;
  return typeof result.value === 'boolean' ? result.value : 'the rule answers neither true nor false';
}

const compiledRules = new Map<string, CompiledCel>();

function compiledOnce(rule: string): CompiledCel {
  const known = compiledRules.get(rule);
  if (known !== undefined) return known;
  if (compiledRules.size >= 500) compiledRules.clear();
  const compiled = compileCel(rule, FACT_NAMES);
  compiledRules.set(rule, compiled);
  return compiled;
}

/** ` (tests.failed = 2, tests.total = 40)`: the values of the facts that the rule names, as far as they are known. */
function valuesSeen(rule: string, variables: Readonly<Record<string, unknown>>): string {
  const paths = new Set(rule.match(/\b[a-z][A-Za-z]*(?:\.[a-z][A-Za-z]*)+/g) ?? []);
  const seen = [...paths].flatMap((path) => {
    const value = path
      .split('.')
      .reduce<unknown>(
        (object, key) =>
          typeof object === 'object' && object !== null && Object.hasOwn(object, key)
            ? (object as Record<string, unknown>)[key]
            : undefined,
        variables,
      );
    return typeof value === 'number' ? [`${path} = ${value}`] : [];
  });
  const packages = /\blicences\b/.test(rule) ? licencesSeen(variables['licences']) : '';
  return seen.length === 0 && packages === '' ? '' : ` (${seen.join(', ')}${packages})`.replace('(; ', '(');
}

/** What is wrong with the reports that the rule needs, or that there is none. */
function troubles(rule: string, facts: DigestFacts, variables: Readonly<Record<string, unknown>>): string {
  const reports = speaking(facts.reports).filter((report) => concerns(rule, report));
  if (/\btickets\b/.test(rule) && facts.tickets === undefined) return '; its tickets could not be asked for, or not within the last hour';
  if (/\bsource\b/.test(rule) && facts.source === undefined)
    return '; whether its branch is protected could not be read at its forge, or not within the last hour';
  if (/\badvisories\b/.test(rule) && facts.advisories === undefined)
    return '; what it is made of is not known, or no advisories were imported';
  if (/\bfindings\.(?:knownExploited|exploitedOverdue)\b/.test(rule) && facts.exploitedCatalogue === undefined)
    return '; no catalogue of known exploited vulnerabilities was imported';
  if (/\b(?:knownExploited|exploitedOverdue)\b/.test(rule) && facts.advisories?.some(({ exploited }) => exploited == null) === true)
    return '; no catalogue of known exploited vulnerabilities was imported';
  if (/\b(?:licences|dependencies)\b/.test(rule) && facts.contents === undefined)
    return '; what it is made of is not known: no SBOM of it was read, or one names too little or too much';
  if (/\blicences\b/.test(rule) && variables['licences'] === undefined)
    return '; nobody says which licences are allowed: write licences: into the policy or the minimum';
  if (reports.length === 0 && /\b(?:licences|dependencies)\b/.test(rule)) return '';
  if (reports.length === 0) return '; no such report speaks for this digest';
  const bad = reports
    .filter(({ state }) => state !== 'ok')
    .map(({ kind, name, state, reason }) => `${kind} report ${JSON.stringify(name)} is ${state}${reason === null ? '' : ` (${reason})`}`);
  return bad.length === 0 ? '' : `; ${bad.join('; ')}`;
}

function concerns(rule: string, report: ReportFact): boolean {
  return FACT_NAMES.some((fact) => feeds(fact, report) && new RegExp(`\\b${fact}\\b`).test(rule));
}

function readOf(report: ReportFact): Read {
  return { kind: 'report', id: report.id, digest: report.digest };
}

function short(digest: string): string {
  return digest.slice(0, 19);
}
