import type { Health } from '../../artifacts/health/health.ts';
import { healthOfParts, type Contents, type Part } from '../../artifacts/health/part.ts';
import type { LicencePolicy } from '../../artifacts/sbom/licence.ts';
import type { CelType } from '../../kernel/cel.ts';
import type { Instant } from '../../kernel/time.ts';

/**
 * The facts `licences` and `dependencies`: of what is shipped, not of what only builds and tests need. What nobody knows is
 * counted apart, and of a package it is left out, so that a rule which asks for it is unknown.
 */
export const LICENCE_TYPE: CelType = {
  total: 'int',
  allowed: 'int',
  denied: 'int',
  unknown: 'int',
  waived: 'int',
  complete: 'bool',
  packages: { list: { name: 'string', version: 'string', purl: 'string', licence: 'string', verdict: 'string' } },
};

export const DEPENDENCY_TYPE: CelType = {
  total: 'int',
  direct: 'int',
  directUnknown: 'int',
  unpinned: 'int',
  pinnedByVersionOnly: 'int',
  deprecated: 'int',
  deprecationUnknown: 'int',
  unmaintained: 'int',
  maintenanceUnknown: 'int',
  ageUnknown: 'int',
  oldestDays: 'int',
  complete: 'bool',
  packages: {
    list: {
      name: 'string',
      version: 'string',
      purl: 'string',
      direct: 'bool',
      pinned: 'string',
      ageDays: 'int',
      latestDays: 'int',
      maintained: 'string',
      deprecated: 'string',
    },
  },
};

/** What is shipped of the parts of an artifact. */
export function shipped(parts: readonly Part[]): readonly Part[] {
  return parts.filter(({ scope }) => scope !== 'excluded' && scope !== 'development');
}

/** The fact `licences`; absent where no level says which licences are allowed. What a waiver lifts is counted as waived only. */
export function countLicences(
  { parts, incomplete }: Contents,
  policies: readonly LicencePolicy[] | undefined,
  isWaived: (one: Part) => boolean,
): Record<string, unknown> | undefined {
  if (policies === undefined || policies.length === 0) return undefined;
  const all = shipped(parts);
  const judged = healthOfParts(all, policies, 0).map((health, at) => {
    const part = all[at];
    const lifted = health.licenceVerdict !== 'allowed' && part !== undefined && isWaived(part);
    return { ...health, verdict: lifted ? ('waived' as const) : health.licenceVerdict };
  });
  const of = (verdict: string): number => judged.filter((one) => one.verdict === verdict).length;
  return {
    total: judged.length,
    allowed: of('allowed'),
    denied: of('denied'),
    unknown: of('unknown'),
    waived: of('waived'),
    complete: incomplete.length === 0,
    packages: judged.map((one) => ({ ...named(one), licence: one.licence ?? '', verdict: one.verdict })),
  };
}

/** The fact `dependencies`, at `now`. */
export function countDependencies({ parts, incomplete }: Contents, now: Instant): Record<string, unknown> {
  const all = shipped(parts);
  const judged = healthOfParts(all, [], Date.parse(now));
  const count = (is: (one: Health) => boolean): number => judged.filter(is).length;
  const ageUnknown = count((one) => one.ageDays === null);
  return {
    total: judged.length,
    direct: all.filter(({ direct }) => direct === true).length,
    directUnknown: all.filter(({ direct }) => direct === null).length,
    unpinned: count((one) => one.pinned === 'no'),
    pinnedByVersionOnly: count((one) => one.pinned === 'version'),
    deprecated: count((one) => one.deprecated === 'yes'),
    deprecationUnknown: count((one) => one.deprecated === 'unknown'),
    unmaintained: count((one) => one.maintained === 'no'),
    maintenanceUnknown: count((one) => one.maintained === 'unknown'),
    ageUnknown,
    // The oldest of those whose age is known is not the oldest of all.
    ...(ageUnknown > 0 ? {} : { oldestDays: judged.reduce((most, { ageDays }) => Math.max(most, ageDays ?? 0), 0) }),
    complete: incomplete.length === 0,
    packages: judged.map((one, at) => ({
      ...named(one),
      pinned: one.pinned,
      maintained: one.maintained,
      deprecated: one.deprecated,
      ...present('direct', all[at]?.direct ?? null),
      ...present('ageDays', one.ageDays),
      ...present('latestDays', one.latestDays),
    })),
  };
}

function named({ name, version, purl }: Health): { readonly name: string; readonly version: string; readonly purl: string } {
  return { name, version: version ?? '', purl: purl ?? '' };
}

function present(name: string, value: unknown): Record<string, unknown> {
  return value === null ? {} : { [name]: value };
}

/** Up to five packages that a rule over licences stumbles on, for the reasons of an answer; empty where there are none. */
export function licencesSeen(fact: unknown): string {
  const packages = (
    fact as { readonly packages?: readonly { name: string; version: string; licence: string; verdict: string }[] } | undefined
  )?.packages;
  const bad = (packages ?? []).filter(({ verdict }) => verdict === 'denied' || verdict === 'unknown');
  const order = bad.toSorted((a, b) => (a.verdict < b.verdict ? -1 : a.verdict > b.verdict ? 1 : 0));
  const words = order
    .slice(0, 5)
    .map(({ name, version, licence, verdict }) => `${name}@${version} ${licence === '' ? 'without a licence' : licence}: ${verdict}`);
  return words.length === 0 ? '' : `; ${words.join(', ')}${bad.length > 5 ? ` and ${bad.length - 5} more` : ''}`;
}
