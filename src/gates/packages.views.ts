import { contentsOf } from '../artifacts/health/contents.queries.ts';
import { healthOfParts, type Contents } from '../artifacts/health/part.ts';
import type { Health } from '../artifacts/health/health.ts';
import type { Service } from '../catalog/service.ts';
import type { PackagesAnswer, PackageView } from '../contract/packages.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { policyFor } from './levels.queries.ts';
import { shipped } from './policy/part-facts.ts';

type Asked = { readonly only?: 'trouble' | 'unknown' | undefined; readonly from: number; readonly limit: number };

/**
 * What an artifact is made of, with what the levels above `service` say of its licences in front of production. What is in
 * trouble comes first, then what is not known. Counted is what is shipped; listed are all packages.
 */
export async function packagesOf(tx: Tx, digest: Digest, service: Service, asked: Asked): Promise<PackagesAnswer> {
  const policy = (await policyFor(tx, service, null)).tiers[service.tier].production.licences ?? [];
  const contents = await contentsOf(tx, digest);
  const about = { service: service.name, policy: policy.length > 0 };
  if (contents === null) return { ...about, counts: null, incomplete: [], items: [], total: 0 };
  const now = await tx.now();
  const rows = viewsOf(contents, policy, now).filter((one) =>
    asked.only === 'trouble' ? isTrouble(one) : asked.only === 'unknown' ? isUnknown(one, policy.length > 0) : true,
  );
  const rank = (one: PackageView): number => (isTrouble(one) ? 0 : isUnknown(one, policy.length > 0) ? 1 : 2);
  const sorted = rows.toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return {
    ...about,
    counts: countsOf(healthOfParts(shipped(contents.parts), policy, Date.parse(now))),
    incomplete: [...contents.incomplete],
    items: sorted.slice(asked.from, asked.from + asked.limit),
    total: sorted.length,
  };
}

function viewsOf({ parts }: Contents, policy: Parameters<typeof healthOfParts>[1], now: Instant): PackageView[] {
  return healthOfParts(parts, policy, Date.parse(now)).map((one, at) => ({
    name: one.name,
    version: one.version,
    purl: one.purl,
    scope: one.scope,
    direct: parts[at]?.direct ?? null,
    licence: one.licence,
    verdict: one.licenceVerdict,
    pinned: one.pinned,
    ageDays: one.ageDays,
    latest: one.latest,
    latestDays: one.latestDays,
    maintained: one.maintained,
    deprecated: one.deprecated,
    because: one.because,
  }));
}

function isTrouble({ verdict, deprecated, maintained, pinned }: PackageView): boolean {
  return verdict === 'denied' || deprecated === 'yes' || maintained === 'no' || pinned === 'no';
}

function isUnknown({ verdict, deprecated, maintained, ageDays }: PackageView, policy: boolean): boolean {
  return (policy && verdict === 'unknown') || deprecated === 'unknown' || maintained === 'unknown' || ageDays === null;
}

function countsOf(all: readonly Health[]): NonNullable<PackagesAnswer['counts']> {
  const count = (is: (one: Health) => boolean): number => all.filter(is).length;
  return {
    total: all.length,
    allowed: count((one) => one.licenceVerdict === 'allowed'),
    denied: count((one) => one.licenceVerdict === 'denied'),
    licenceUnknown: count((one) => one.licenceVerdict === 'unknown'),
    deprecated: count((one) => one.deprecated === 'yes'),
    unmaintained: count((one) => one.maintained === 'no'),
    maintenanceUnknown: count((one) => one.maintained === 'unknown'),
    unpinned: count((one) => one.pinned === 'no'),
    ageUnknown: count((one) => one.ageDays === null),
  };
}
