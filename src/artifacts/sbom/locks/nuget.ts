import type { Locked, LockedPackage } from '../package.ts';
import { asName, asRecord, jsonOf, lockedPackage, toHash, uniquePackages, unread } from '../package.ts';
import { plainPurl } from '../purl.ts';

type Table = Readonly<Record<string, unknown>>;

/**
 * Reads a packages.lock.json of NuGet (versions 1 and 2). Its `contentHash` is of a package without its signature, which
 * nobody else can compare, so it is not repeated.
 */
export function readNugetLock(text: string): Locked {
  const frameworks = asRecord(asRecord(jsonOf(text))?.['dependencies']);
  if (frameworks === null) return unread('packages.lock.json could not be read: it is no lock file of NuGet');
  const [packages, direct] = [[] as LockedPackage[], new Set<string>()];
  for (const value of Object.values(frameworks)) {
    const entries = Object.entries(asRecord(value) ?? {}).flatMap(([name, one]) => {
      const entry = asRecord(one);
      return entry === null ? [] : [{ name, entry, type: asName(entry['type']) ?? '', version: asName(entry['resolved']) }];
    });
    // Names know no case, and a project may stand among packages.
    const keys = new Map(entries.map(({ name, version }) => [name.toLowerCase(), version === null ? null : keyOf(name, version)]));
    const needs = (entry: Table): string[] =>
      Object.keys(asRecord(entry['dependencies']) ?? {}).flatMap((need) => keys.get(need.toLowerCase()) ?? []);
    for (const { name, entry, type, version } of entries) {
      if (type === 'Project') for (const need of needs(entry)) direct.add(need);
      if (version === null || type === 'Project') continue;
      if (type === 'Direct') direct.add(keyOf(name, version));
      packages.push(
        lockedPackage({
          key: keyOf(name, version),
          name,
          version,
          purl: plainPurl('nuget', name, version),
          dependsOn: needs(entry).sort(),
        }),
      );
    }
  }
  return { packages: joined(packages), direct: [...direct].sort(), incomplete: [] };
}

/** Reads a project.assets.json, which `dotnet restore` writes: with the hashes of the packages as they were fetched. */
export function readNugetAssets(text: string): Locked {
  const assets = asRecord(jsonOf(text));
  const [targets, libraries] = [asRecord(assets?.['targets']), asRecord(assets?.['libraries'])];
  if (targets === null || libraries === null) return unread('project.assets.json could not be read: it is none of NuGet');
  const [packages, direct] = [[] as LockedPackage[], new Set<string>()];
  const wanted = Object.values(asRecord(assets?.['projectFileDependencyGroups']) ?? {}).flatMap((names) =>
    Array.isArray(names) ? names : [],
  );
  const roots = new Set(wanted.map((name) => String(name).split(' ')[0]?.toLowerCase() ?? ''));
  for (const target of Object.values(targets)) {
    const entries = Object.entries(asRecord(target) ?? {});
    const keys = new Map(entries.map(([place]) => [(place.split('/')[0] ?? '').toLowerCase(), keyOf(...split(place))]));
    for (const [place, value] of entries) {
      const entry = asRecord(value);
      const [name, version] = split(place);
      const dependsOn = Object.keys(asRecord(entry?.['dependencies']) ?? {}).flatMap((need) => keys.get(need.toLowerCase()) ?? []);
      if (asName(entry?.['type']) !== 'package') continue;
      if (roots.has(name.toLowerCase())) direct.add(keyOf(name, version));
      const hash = toHash('sha512', Buffer.from(asName(asRecord(libraries[place])?.['sha512']) ?? '', 'base64').toString('hex'));
      packages.push(
        lockedPackage({
          key: keyOf(name, version),
          name,
          version,
          purl: plainPurl('nuget', name, version),
          hashes: hash === null ? [] : [hash],
          dependsOn: dependsOn.sort(),
        }),
      );
    }
  }
  return { packages: joined(packages), direct: [...direct].sort(), incomplete: [] };
}

function split(place: string): [string, string] {
  const [name = '', version = ''] = place.split('/');
  return [name, version];
}

function keyOf(name: string, version: string): string {
  return `${name.toLowerCase()}@${version}`;
}

/** One package for several frameworks is one, with the needs of all. */
function joined(packages: readonly LockedPackage[]): LockedPackage[] {
  const needs = new Map<string, Set<string>>();
  for (const { key, dependsOn } of packages) needs.set(key, new Set([...(needs.get(key) ?? []), ...dependsOn]));
  return uniquePackages(packages).map((entry) => ({ ...entry, dependsOn: [...(needs.get(entry.key) ?? [])].sort() }));
}
