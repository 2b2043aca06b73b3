import type { Locked, LockedPackage } from '../package.ts';
import { hashesOfIntegrity, lockedPackage, scopedByReach, unread } from '../package.ts';
import { npmPurl } from '../purl.ts';
import type { LockMap, LockValue } from './yaml.ts';
import { mapAt, readLockYaml, textAt } from './yaml.ts';

const NEEDS = ['dependencies', 'optionalDependencies', 'devDependencies'] as const;

/**
 * Reads a pnpm-lock.yaml of versions 5 to 9. One package that is installed several times for several peers is one here,
 * with the needs of all. What runs and what only builds is found by what leads to it.
 */
export function readPnpmLock(text: string): Locked {
  let lock: LockValue;
  try {
    lock = readLockYaml(text);
  } catch (error) {
    return unread(`pnpm-lock.yaml could not be read: ${error instanceof Error ? error.message : 'it is no lock file'}`);
  }
  const major = Number.parseInt(textAt(lock, 'lockfileVersion') ?? '', 10);
  if (!(major >= 5 && major <= 9)) return unread('pnpm-lock.yaml could not be read: it is no lock file of versions 5 to 9');
  const places = new Map<string, Place>();
  for (const [key, entry] of Object.entries(mapAt(lock, 'packages'))) {
    const place = placeOf(key, mapAt(entry), major);
    if (place !== null) places.set(key, place);
  }
  // Since version 9 what a package needs stands apart from what it is.
  for (const [key, entry] of Object.entries(mapAt(lock, 'snapshots'))) {
    const place = places.get(withoutPeers(key));
    if (place !== undefined) places.set(key, { ...place, entry: mapAt(entry) });
  }
  return assemble(lock, places, major);
}

type Place = {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly integrity: string | null;
  readonly deprecated: string | null;
  readonly entry: LockMap;
};

function assemble(lock: LockValue, places: ReadonlyMap<string, Place>, major: number): Locked {
  const idOf = (name: string, ref: string): string | null => {
    const keys = [ref, `${name}@${ref}`, `/${name}@${ref}`, `/${name}/${ref}`];
    const found = keys.map((key) => places.get(key)).find((place) => place !== undefined);
    return found?.id ?? null;
  };
  const refs = (map: LockMap, kinds: readonly string[]): string[] =>
    kinds.flatMap((kind) =>
      Object.entries(mapAt(map, kind)).flatMap(([name, value]) => {
        const ref = typeof value === 'string' ? value : textAt(value, 'version');
        return ref === null ? [] : (idOf(name, ref) ?? []);
      }),
    );
  const found = new Map<string, LockedPackage>();
  for (const { id, name, version, integrity, deprecated, entry } of places.values()) {
    const before = found.get(id);
    const dependsOn = [...new Set([...(before?.dependsOn ?? []), ...refs(entry, ['dependencies', 'optionalDependencies'])])].sort();
    const hashes = integrity === null ? [] : hashesOfIntegrity(integrity);
    found.set(
      id,
      lockedPackage({
        key: id,
        name,
        version,
        purl: npmPurl(name, version),
        hashes,
        dependsOn,
        ...(deprecated === null ? {} : { deprecated }),
      }),
    );
  }
  const importers = Object.keys(mapAt(lock, 'importers')).length > 0 ? Object.values(mapAt(lock, 'importers')) : [lock];
  const roots = (kind: (typeof NEEDS)[number]): string[] => importers.flatMap((importer) => refs(mapAt(importer), [kind]));
  const packages = scopedByReach([...found.values()], { required: roots('dependencies'), optional: roots('optionalDependencies') });
  const incomplete =
    major < 9 && packages.length > 0 && importers.every((importer) => NEEDS.every((kind) => refs(mapAt(importer), [kind]).length === 0))
      ? ['pnpm-lock.yaml does not say what the project itself needs']
      : [];
  return { packages, direct: [...new Set(NEEDS.flatMap(roots))].sort(), incomplete };
}

/** What a key names: `/a/1.0.0_peer` (5), `/a@1.0.0(peer@1)` (6), `a@1.0.0` (9). Null: a folder or a link. */
function placeOf(key: string, entry: LockMap, major: number): Place | null {
  // Before version 6 the key of a package of another registry begins with its host: `registry.example/a/1.0.0`.
  const hosted = major < 6 && /^[^/@]+\.[^/]+\//.test(key) ? key.slice(key.indexOf('/') + 1) : key;
  const bare = withoutPeers(hosted).replace(/^\//, '');
  const at = major < 6 ? bare.lastIndexOf('/') : bare.indexOf('@', 1);
  const given = bare.slice(at + 1);
  const name = textAt(entry, 'name') ?? bare.slice(0, Math.max(at, 0));
  const version = textAt(entry, 'version') ?? (major < 6 ? (given.split('_')[0] ?? '') : given);
  if (name === '' || name.length > 300 || version.length > 300 || /^(?:link|file|workspace):/.test(version)) return null;
  const integrity = textAt(mapAt(entry, 'resolution'), 'integrity');
  return { id: `${name}@${version}`, name, version, integrity, deprecated: textAt(entry, 'deprecated'), entry };
}

function withoutPeers(key: string): string {
  const at = key.indexOf('(');
  return at < 0 ? key : key.slice(0, at);
}
