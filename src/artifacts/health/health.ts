import { judgeLicence } from '../sbom/licence.ts';
import type { LicencePolicy, LicenceVerdict } from '../sbom/licence.ts';

/** A package that something depends on, as a lock file or an SBOM says it. */
export type Dependency = {
  readonly name: string;
  readonly version: string | null;
  readonly purl: string | null;
  readonly licence: string | null;
  readonly scope: 'required' | 'optional' | 'development' | 'excluded';
  /** Whether a hash fixes its bytes. */
  readonly hashed: boolean;
  /** What the lock file itself says of it: that its maker has given it up, and when the version was published. */
  readonly deprecated?: string | null;
  readonly publishedAt?: string | null;
};

/** What a registry says of a package; `news.ts` reads it from files. Instants are RFC 3339. */
export type PackageNews = {
  /** When each version was published. */
  readonly published: ReadonlyMap<string, string>;
  /** The newest version that is no pre-release, and when it came. */
  readonly latest: { readonly version: string; readonly at: string | null } | null;
  /** Versions that were given up, with the words of who did it; null as a key: the whole package. */
  readonly deprecated: ReadonlyMap<string | null, string>;
};

/** `bytes`: exactly these, by a hash. `version`: this version, whatever its registry sends. `no`: whatever comes. */
export type Pinned = 'bytes' | 'version' | 'no';
/** What nobody knows is told apart, and is never the better one. */
export type Known = 'yes' | 'no' | 'unknown';

export type Health = {
  readonly name: string;
  readonly version: string | null;
  readonly purl: string | null;
  readonly scope: Dependency['scope'];
  readonly pinned: Pinned;
  /** Whole days since this version was published; null: nobody said when. */
  readonly ageDays: number | null;
  /** Whether anybody looks after the package; `unknown` is never yes. */
  readonly maintained: Known;
  /** Whether its makers gave it up, or this version of it. */
  readonly deprecated: Known;
  /** Whole days since its newest version came; null: nobody said when. */
  readonly latestDays: number | null;
  /** Why `maintained` is what it is, in words. */
  readonly because: string;
  /** The newest version, where a registry told of it. */
  readonly latest: string | null;
  readonly licence: string | null;
  readonly licenceVerdict: LicenceVerdict;
};

/** Facts about all dependencies together, as whole numbers: what a policy asks about. `null`: not known. */
export type HealthFacts = {
  readonly total: number;
  /** Not even a version is fixed. */
  readonly unpinned: number;
  /** A version is fixed and its bytes are not. */
  readonly pinnedByVersionOnly: number;
  readonly unmaintained: number;
  readonly maintenanceUnknown: number;
  readonly oldestDays: number | null;
  readonly ageUnknown: number;
  readonly licencesDenied: number;
  readonly licencesUnknown: number;
};

export type HealthRules = {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** A package whose newest version is older than this, in days, is looked after by nobody. */
  readonly quietDays: number;
  /** Of several, each has to allow. */
  readonly licences: LicencePolicy | readonly LicencePolicy[];
};

export const QUIET_DAYS = 730;
const DAY = 86_400_000;

/**
 * How well each dependency is: pinned, old, looked after, allowed. What no file says is unknown and counted as such: a
 * package of which nothing is known is neither new nor maintained. `newsOf` answers what a registry said of a package.
 */
export function healthOf(
  dependencies: readonly Dependency[],
  newsOf: (dependency: Dependency) => PackageNews | null,
  rules: HealthRules,
): Health[] {
  return dependencies.map((one) => {
    const news = newsOf(one);
    const published = one.publishedAt ?? (one.version === null ? null : (news?.published.get(one.version) ?? null));
    return {
      name: one.name,
      version: one.version,
      purl: one.purl,
      scope: one.scope,
      pinned: one.hashed ? 'bytes' : one.version === null ? 'no' : 'version',
      ageDays: daysSince(published, rules.now),
      ...careOf(one, news, rules),
      latest: news?.latest?.version ?? null,
      licence: one.licence,
      licenceVerdict: judgeLicence(one.licence, rules.licences),
    };
  });
}

/** The facts of a list, from what {@link healthOf} says of each. Of an empty list nothing is old, and nothing unknown. */
export function healthFacts(all: readonly Health[]): HealthFacts {
  const count = (is: (one: Health) => boolean): number => all.filter(is).length;
  const ages = all.flatMap((one) => one.ageDays ?? []);
  return {
    total: all.length,
    unpinned: count((one) => one.pinned === 'no'),
    pinnedByVersionOnly: count((one) => one.pinned === 'version'),
    unmaintained: count((one) => one.maintained === 'no'),
    maintenanceUnknown: count((one) => one.maintained === 'unknown'),
    oldestDays: ages.length === 0 ? null : ages.reduce((most, age) => Math.max(most, age), 0),
    ageUnknown: count((one) => one.ageDays === null),
    licencesDenied: count((one) => one.licenceVerdict === 'denied'),
    licencesUnknown: count((one) => one.licenceVerdict === 'unknown'),
  };
}

function careOf(
  one: Dependency,
  news: PackageNews | null,
  { now, quietDays }: HealthRules,
): Pick<Health, 'maintained' | 'because' | 'deprecated' | 'latestDays'> {
  const latestDays = daysSince(news?.latest?.at ?? null, now);
  const givenUp =
    one.deprecated ?? news?.deprecated.get(null) ?? (one.version === null ? null : (news?.deprecated.get(one.version) ?? null));
  if (givenUp !== null) return { maintained: 'no', deprecated: 'yes', latestDays, because: `it is deprecated: ${givenUp.slice(0, 300)}` };
  if (news === null) return { maintained: 'unknown', deprecated: 'unknown', latestDays, because: 'no registry was heard about it' };
  const told = { deprecated: 'no', latestDays } as const;
  if (latestDays === null) return { ...told, maintained: 'unknown', because: 'its registry does not say when its newest version came' };
  const newest = `its newest version ${news.latest?.version ?? ''} is ${latestDays} days old`;
  return latestDays > quietDays
    ? { ...told, maintained: 'no', because: `${newest}, more than ${quietDays}` }
    : { ...told, maintained: 'yes', because: newest };
}

/** Whole days from an instant to `now`; null where it is none. What is dated in the future is of today. */
function daysSince(at: string | null, now: number): number | null {
  const time = at === null ? NaN : Date.parse(at);
  return Number.isNaN(time) ? null : Math.max(0, Math.floor((now - time) / DAY));
}
