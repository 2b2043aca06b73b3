import { canonicalJson } from '../../kernel/canonical.ts';
import type { Millis } from '../../kernel/time.ts';
import { formatDuration } from '../../kernel/time.ts';
import type { ApprovalRoute, Check, EnvironmentPolicy } from './policy.ts';

/**
 * The order of rules by how much they ask. `strictest` is their least upper bound, so that whatever a lower level says,
 * what a higher one asks still holds; `weaker` names every place where one asks less than another.
 */

/** Rules that ask nothing at all: what is left out of a set of requirements. Its spans are the longest that there are. */
export const NOTHING: EnvironmentPolicy = {
  checks: [],
  supplyChain: { sbom: false, provenance: false, recorded: 'token' },
  lifecycle: { verifiedBefore: false, soak: 0 },
  verification: { checks: [], maxAge: null },
  approval: null,
  readiness: { rollbackPlan: false, dependencies: false, checklist: [] },
  breakGlass: { persons: 1, timeBox: Number.MAX_SAFE_INTEGER, debtDue: Number.MAX_SAFE_INTEGER },
};

const RECORDED = ['token', 'identity', 'attestation'] as const;
const recordedOf = (rules: EnvironmentPolicy): (typeof RECORDED)[number] => rules.supplyChain.recorded ?? 'attestation';

/**
 * Rules that ask all that `rules` ask and all that `more` ask. What `more` does not tighten stays the same value, so that its
 * digest stays too. `level` names a check of `more` whose name is taken by another question.
 */
export function strictest(rules: EnvironmentPolicy, more: EnvironmentPolicy, level: string): EnvironmentPolicy {
  const { supplyChain, lifecycle, verification, readiness, breakGlass } = rules;
  const recorded = RECORDED.indexOf(recordedOf(more)) > RECORDED.indexOf(recordedOf(rules)) ? recordedOf(more) : supplyChain.recorded;
  return {
    checks: joinChecks(rules.checks, more.checks, level),
    supplyChain: {
      sbom: supplyChain.sbom || more.supplyChain.sbom,
      provenance: supplyChain.provenance || more.supplyChain.provenance,
      ...(recorded === undefined ? {} : { recorded }),
    },
    ...joinLicences(rules.licences, more.licences),
    lifecycle: {
      verifiedBefore: lifecycle.verifiedBefore || more.lifecycle.verifiedBefore,
      soak: Math.max(lifecycle.soak, more.lifecycle.soak),
    },
    verification: {
      checks: both(verification.checks, more.verification.checks),
      maxAge: shorter(verification.maxAge, more.verification.maxAge),
    },
    approval: joinRoutes(rules.approval, more.approval),
    readiness: {
      rollbackPlan: readiness.rollbackPlan || more.readiness.rollbackPlan,
      dependencies: readiness.dependencies || more.readiness.dependencies,
      checklist: both(readiness.checklist, more.readiness.checklist),
    },
    breakGlass: {
      persons: breakGlass.persons === 2 ? 2 : more.breakGlass.persons,
      timeBox: Math.min(breakGlass.timeBox, more.breakGlass.timeBox),
      debtDue: Math.min(breakGlass.debtDue, more.breakGlass.debtDue),
    },
  };
}

/** One place where rules ask less than others: its path in an environment's rules, and what is asked above. */
export type Weaker = { readonly path: readonly (string | number)[]; readonly above: string };

/** Where `rules` ask less than `above` asks. Checks that are not named at all are not among them: they hold in any case. */
export function weaker(rules: EnvironmentPolicy, above: EnvironmentPolicy): Weaker[] {
  const found: Weaker[] = [];
  const less = (is: boolean, path: readonly (string | number)[], words: string): void => {
    if (is) found.push({ path, above: words });
  };
  const flag = (own: boolean, other: boolean, ...path: string[]): void => less(!own && other, path, 'true');
  rules.checks.forEach((check, index) => {
    const other = above.checks.find((one) => one.id === check.id);
    if (other !== undefined) less(isWeakerCheck(check, other), ['checks', index], checkWords(other));
  });
  flag(rules.supplyChain.sbom, above.supplyChain.sbom, 'supplyChain', 'sbom');
  flag(rules.supplyChain.provenance, above.supplyChain.provenance, 'supplyChain', 'provenance');
  less(RECORDED.indexOf(recordedOf(rules)) < RECORDED.indexOf(recordedOf(above)), ['supplyChain', 'recorded'], recordedOf(above));
  flag(rules.lifecycle.verifiedBefore, above.lifecycle.verifiedBefore, 'lifecycle', 'verifiedBefore');
  less(rules.lifecycle.soak < above.lifecycle.soak, ['lifecycle', 'soak'], span(above.lifecycle.soak));
  const checks = above.verification.checks.filter((one) => !rules.verification.checks.includes(one));
  less(checks.length > 0, ['verification', 'checks'], above.verification.checks.join(', '));
  const age = above.verification.maxAge;
  less(age !== null && (rules.verification.maxAge ?? Infinity) > age, ['verification', 'maxAge'], span(age ?? 0));
  if (above.approval !== null) less(isWeakerRoute(rules.approval, above.approval), ['approval'], routeWords(above.approval));
  flag(rules.readiness.rollbackPlan, above.readiness.rollbackPlan, 'readiness', 'rollbackPlan');
  flag(rules.readiness.dependencies, above.readiness.dependencies, 'readiness', 'dependencies');
  const items = above.readiness.checklist.filter((one) => !rules.readiness.checklist.includes(one));
  less(items.length > 0, ['readiness', 'checklist'], items.map((item) => JSON.stringify(item)).join(', '));
  less(rules.breakGlass.persons < above.breakGlass.persons, ['breakGlass', 'persons'], '2');
  less(rules.breakGlass.timeBox > above.breakGlass.timeBox, ['breakGlass', 'timeBox'], span(above.breakGlass.timeBox));
  less(rules.breakGlass.debtDue > above.breakGlass.debtDue, ['breakGlass', 'debtDue'], span(above.breakGlass.debtDue));
  return found;
}

/** Whether a check of the same name asks another question, or blocks less or later. */
function isWeakerCheck(check: Check, above: Check): boolean {
  return !sameQuestion(check, above) || rankOf(check) > rankOf(above);
}

function sameQuestion(one: Check, other: Check): boolean {
  return one.rule === other.rule && one.opa?.connection === other.opa?.connection && one.opa?.path === other.opa?.path;
}

/** From when it blocks: '' at once, an instant, or never. */
function rankOf(check: Check): string {
  return check.mode === 'warn' ? 'never' : (check.blockFrom ?? '');
}

/** All that anybody says of licences, each once. */
function joinLicences(own: EnvironmentPolicy['licences'], more: EnvironmentPolicy['licences']): Pick<EnvironmentPolicy, 'licences'> {
  if (own === undefined && more === undefined) return {};
  const there = new Set((own ?? []).map((one) => canonicalJson(one)));
  const added = (more ?? []).filter((one) => !there.has(canonicalJson(one)));
  return { licences: added.length === 0 && own !== undefined ? own : [...(own ?? []), ...added] };
}

function joinChecks(own: readonly Check[], more: readonly Check[], level: string): readonly Check[] {
  const joined = [...own];
  for (const check of more) {
    const at = joined.findIndex((one) => sameQuestion(one, check) && (one.id === check.id || one.id.startsWith(`${level}-${check.id}`)));
    const there = joined[at];
    if (there !== undefined) {
      if (rankOf(check) < rankOf(there)) joined[at] = blocking(there, check);
      continue;
    }
    const taken = new Set(joined.map((one) => one.id));
    let id = check.id;
    if (taken.has(id)) id = `${level}-${check.id}`;
    while (taken.has(id)) id = `${id}-more`;
    joined.push({ ...check, id });
  }
  return joined.length === own.length && joined.every((check, index) => check === own[index]) ? own : joined;
}

/** The check, as early as the other blocks. */
function blocking({ blockFrom: _later, ...check }: Check, { mode, blockFrom }: Check): Check {
  return { ...check, mode, ...(blockFrom === undefined ? {} : { blockFrom }) };
}

function countsOf(route: ApprovalRoute): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { role, count } of route.steps) counts.set(role, (counts.get(role) ?? 0) + count);
  return counts;
}

function isWeakerRoute(route: ApprovalRoute | null, above: ApprovalRoute): boolean {
  if (route === null) return true;
  const counts = countsOf(route);
  return (
    [...countsOf(above)].some(([role, count]) => (counts.get(role) ?? 0) < count) ||
    above.exclude.some((one) => !route.exclude.includes(one)) ||
    (above.unmapped === 'unknown' && route.unmapped === 'ignore') ||
    route.expiresAfter > above.expiresAfter ||
    (above.onePersonOneRole && !route.onePersonOneRole)
  );
}

/** The route that asks for everybody whom either asks for; in the order of the first. */
function joinRoutes(own: ApprovalRoute | null, more: ApprovalRoute | null): ApprovalRoute | null {
  if (more === null || own === null) return own ?? more;
  if (!isWeakerRoute(own, more)) return own;
  if (!isWeakerRoute(more, own)) return more;
  const missing = countsOf(more);
  for (const [role, count] of countsOf(own)) missing.set(role, (missing.get(role) ?? 0) - count);
  const steps = own.steps.map((step) => {
    const more = Math.max(0, missing.get(step.role) ?? 0);
    missing.set(step.role, 0);
    return more === 0 ? step : { ...step, count: step.count + more };
  });
  for (const [role, count] of missing) if (count > 0) steps.push({ role: role as ApprovalRoute['steps'][number]['role'], count });
  return {
    id: own.id === more.id ? own.id : `${own.id}+${more.id}`,
    steps,
    exclude: both(own.exclude, more.exclude),
    unmapped: own.unmapped === 'unknown' ? 'unknown' : more.unmapped,
    expiresAfter: Math.min(own.expiresAfter, more.expiresAfter),
    onePersonOneRole: own.onePersonOneRole || more.onePersonOneRole,
  };
}

function both<One>(own: readonly One[], more: readonly One[]): readonly One[] {
  const added = more.filter((one) => !own.includes(one));
  return added.length === 0 ? own : [...own, ...added];
}

function shorter(own: Millis | null, more: Millis | null): Millis | null {
  return own === null || more === null ? (own ?? more) : Math.min(own, more);
}

function span(ms: Millis): string {
  return formatDuration(ms);
}

function checkWords({ rule, opa, mode, blockFrom }: Check): string {
  const when = mode === 'warn' ? 'warns' : blockFrom === undefined ? 'blocks' : `blocks from ${blockFrom}`;
  return `${opa === undefined ? rule : `opa ${opa.connection} ${opa.path}`} (it ${when})`;
}

function routeWords({ steps, exclude }: ApprovalRoute): string {
  const persons = steps.map(({ role, count }) => `${count} ${role}`).join(', then ');
  return exclude.length === 0 ? persons : `${persons}, without ${exclude.join(', ')}`;
}
