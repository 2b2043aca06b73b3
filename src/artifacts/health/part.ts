import { healthOf, QUIET_DAYS, type Dependency, type Health, type PackageNews } from './health.ts';
import type { LicencePolicy } from '../sbom/licence.ts';

/** One package of an artifact, with what a registry said of it. Plain JSON, so that a decision can be replayed from it. */
export type Part = Omit<Dependency, 'deprecated' | 'publishedAt'> & {
  /** Whether the software itself depends on it; null: nobody says. */
  readonly direct: boolean | null;
  /** When this version was published, and what was said of who gave it up; null: nobody said. */
  readonly publishedAt: string | null;
  readonly deprecated: string | null;
  /** What its registry said; null: it was not heard. */
  readonly registry: { readonly latest: string | null; readonly latestAt: string | null } | null;
};

/** What an artifact is made of. `incomplete`: what its SBOMs say that they can't know; empty: the list is whole. */
export type Contents = { readonly parts: readonly Part[]; readonly incomplete: readonly string[] };

/** How well each package is at `now` (milliseconds since the epoch), in the order of the parts. */
export function healthOfParts(parts: readonly Part[], licences: readonly LicencePolicy[], now: number): Health[] {
  const news = new Map<Dependency, PackageNews | null>();
  const dependencies = parts.map(({ direct: _direct, registry, ...one }): Dependency => {
    news.set(
      one,
      registry === null
        ? null
        : {
            published: new Map(),
            latest: registry.latest === null ? null : { version: registry.latest, at: registry.latestAt },
            deprecated: new Map(),
          },
    );
    return one;
  });
  return healthOf(dependencies, (one) => news.get(one) ?? null, { now, quietDays: QUIET_DAYS, licences });
}
