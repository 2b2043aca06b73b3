import { asName, asRecord, hashesOfIntegrity, jsonOf, lockedPackage, unread } from '../package.ts';
import type { Locked, LockedPackage } from '../package.ts';
import { npmPurl } from '../purl.ts';

type Names = Readonly<Record<string, unknown>>;
type Entry = {
  readonly name: string | null;
  readonly version: string | null;
  readonly integrity: string | null;
  readonly resolved: string | null;
  readonly licence: string | null;
  readonly deprecated: string | null;
  readonly link: boolean;
  readonly dev: boolean;
  readonly optional: boolean;
  readonly needs: readonly Names[];
  readonly developmentNeeds: Names;
};

/** Keys longer than this are nobody's folders. */
const KEY = 2000;

/** Reads a package-lock.json (or npm-shrinkwrap.json) of version 1, 2 or 3. Never throws: what can't be read is said. */
export function readNpmLock(text: string): Locked {
  const lock = asRecord(jsonOf(text));
  if (lock?.['lockfileVersion'] === 1) return readOld(asRecord(lock['dependencies']) ?? {});
  const listed = asRecord(lock?.['packages']);
  if (typeof lock?.['lockfileVersion'] !== 'number' || listed === null)
    return unread('package-lock.json could not be read: it is no lock file of version 1, 2 or 3');
  const packages = new Map<string, Entry>();
  const incomplete: string[] = [];
  for (const [key, value] of Object.entries(listed)) {
    const entry = asRecord(value);
    if (entry === null || key.length > KEY) incomplete.push(`package-lock.json holds what is no package at ${key.slice(0, 80)}`);
    else packages.set(key, toEntry(entry));
  }
  const found: LockedPackage[] = [];
  for (const [key, entry] of packages) {
    // '' is the project itself; a link only points at another entry.
    if (key === '' || entry.link) continue;
    const name = entry.name ?? nameOf(key);
    if (entry.version === null && key.includes('node_modules/')) incomplete.push(`package-lock.json gives no version for ${name}`);
    found.push(toPackage(key, name, entry, packages));
  }
  const root = packages.get('');
  if (root === undefined) incomplete.push('package-lock.json has no entry for the project itself');
  return { packages: found, direct: root === undefined ? [] : edges('', root, packages), incomplete: incomplete.slice(0, 20) };
}

function toEntry(entry: Names): Entry {
  const needs = (kind: string): Names => asRecord(entry[kind]) ?? {};
  return {
    name: asName(entry['name']),
    version: asName(entry['version']),
    integrity: asName(entry['integrity'], 4000),
    resolved: asName(entry['resolved'], 4000),
    // Old packages write it as an object or a list; only text is a licence we can repeat.
    licence: asName(entry['license']),
    deprecated: asName(entry['deprecated'], 4000),
    link: entry['link'] === true,
    dev: entry['dev'] === true || entry['devOptional'] === true,
    optional: entry['optional'] === true,
    needs: [needs('dependencies'), needs('optionalDependencies'), needs('peerDependencies')],
    developmentNeeds: needs('devDependencies'),
  };
}

function toPackage(key: string, name: string, entry: Entry, packages: ReadonlyMap<string, Entry>): LockedPackage {
  return {
    key,
    name,
    version: entry.version,
    purl: npmPurl(name, entry.version, entry.resolved),
    hashes: entry.integrity === null ? [] : hashesOfIntegrity(entry.integrity),
    licence: entry.licence,
    scope: entry.dev ? 'development' : entry.optional ? 'optional' : 'required',
    dependsOn: edges(key, entry, packages),
    ...(entry.deprecated === null ? {} : { deprecated: entry.deprecated }),
  };
}

/** What an entry depends on, found as Node finds it: in its own node_modules, then in each folder above. */
function edges(key: string, entry: Entry, packages: ReadonlyMap<string, Entry>): string[] {
  const wanted = key.includes('node_modules/') ? entry.needs : [...entry.needs, entry.developmentNeeds];
  const found = new Set<string>();
  for (const name of wanted.flatMap((list) => Object.keys(list))) {
    const place = resolve(key, name, packages);
    if (place !== null && place !== key) found.add(place);
  }
  return [...found].sort();
}

function resolve(from: string, name: string, packages: ReadonlyMap<string, Entry>): string | null {
  for (let folder = from; ; folder = above(folder)) {
    const place = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    const entry = packages.get(place);
    if (entry !== undefined) return entry.link && entry.resolved !== null && packages.has(entry.resolved) ? entry.resolved : place;
    if (folder === '') return null;
  }
}

/** The folder in whose node_modules a place lies; for a workspace, the folder above. */
function above(folder: string): string {
  const at = folder.lastIndexOf('node_modules/');
  if (at >= 0) return folder.slice(0, Math.max(at - 1, 0));
  return folder.slice(0, Math.max(folder.lastIndexOf('/'), 0));
}

function nameOf(key: string): string {
  const at = key.lastIndexOf('node_modules/');
  return at >= 0 ? key.slice(at + 'node_modules/'.length) : (key.split('/').at(-1) ?? key);
}

/** Version 1: what is installed, folder in folder. What the project itself needs stands in package.json alone. */
function readOld(top: Names): Locked {
  const places = new Map<string, Names>();
  const open: [string, Names][] = [['', top]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const [name, value] of Object.entries(next[1])) {
      const entry = asRecord(value);
      const key = `${next[0]}${next[0] === '' ? '' : '/'}node_modules/${name}`;
      if (entry === null || key.length > KEY) continue;
      places.set(key, entry);
      const inner = asRecord(entry['dependencies']);
      if (inner !== null) open.push([key, inner]);
    }
  }
  const needed = new Set<string>();
  const packages = [...places].map(([key, entry]) => {
    const given = asName(entry['version']);
    const alias = /^npm:(.+)@([^@]+)$/.exec(given ?? '');
    const name = alias?.[1] ?? nameOf(key);
    const version = alias?.[2] ?? (given?.includes(':') === true ? null : given);
    const dependsOn = Object.keys(asRecord(entry['requires']) ?? {}).flatMap((need) => placeOf(key, need, places) ?? []);
    for (const place of dependsOn) needed.add(place);
    const integrity = asName(entry['integrity'], 4000);
    return lockedPackage({
      key,
      name,
      version,
      purl: npmPurl(name, version),
      hashes: integrity === null ? [] : hashesOfIntegrity(integrity),
      scope: entry['dev'] === true ? 'development' : entry['optional'] === true ? 'optional' : 'required',
      dependsOn: [...new Set(dependsOn)].sort(),
    });
  });
  return {
    packages,
    direct: packages.map((entry) => entry.key).filter((key) => !needed.has(key)),
    incomplete: ['package-lock.json of version 1 does not say what the project itself needs: what nothing else needs stands for it'],
  };
}

function placeOf(from: string, name: string, places: ReadonlyMap<string, unknown>): string | null {
  for (let folder = from; ; folder = above(folder)) {
    const place = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (places.has(place)) return place;
    if (folder === '') return null;
  }
}
