import semver from 'semver';

/** What one service asks of another. */
export type Asked = { readonly service: string; readonly range: string | null };
/** The version of a service in each environment where it runs. */
export type Versions = ReadonlyMap<string, string>;
export type Fit = {
  readonly service: string;
  readonly range: string | null;
  readonly exists: boolean;
  readonly places: readonly { readonly environment: string; readonly version: string | null; readonly fits: 'yes' | 'no' | 'unclear' }[];
};

/**
 * How what runs of the service that is needed fits what is asked, in every environment where the asking one runs: the
 * same judgement as readiness makes before a release. `needed` null: the catalog has no such service.
 */
export function fitOf(asked: Asked, needed: Versions | null, askingIn: readonly string[], shown = asked.service): Fit {
  const places = askingIn.map((environment) => {
    const version = needed?.get(environment) ?? null;
    return { environment, version, fits: fits(version, asked.range) };
  });
  return { service: shown, range: asked.range, exists: needed !== null, places };
}

function fits(version: string | null, range: string | null): 'yes' | 'no' | 'unclear' {
  if (version === null) return 'no';
  if (range === null) return 'yes';
  if (semver.validRange(range) === null || semver.valid(version) === null) return 'unclear';
  return semver.satisfies(version, range, { includePrerelease: true }) ? 'yes' : 'no';
}
