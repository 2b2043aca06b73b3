import { z } from 'zod';
import { asRecord, hashesOfIntegrity, lockedPackage, unread } from '../package.ts';
import type { Locked, LockedPackage } from '../package.ts';
import { npmPurl } from '../purl.ts';

const names = z.record(z.string().max(300), z.unknown()).optional().catch(undefined);
const entrySchema = z.object({
  name: z.string().max(300).optional().catch(undefined),
  version: z.string().max(300).optional().catch(undefined),
  integrity: z.string().max(4000).optional().catch(undefined),
  link: z.boolean().optional().catch(undefined),
  resolved: z.string().max(4000).optional().catch(undefined),
  dev: z.boolean().optional().catch(undefined),
  optional: z.boolean().optional().catch(undefined),
  devOptional: z.boolean().optional().catch(undefined),
  // Old packages write it as an object or a list; only text is a licence we can repeat.
  license: z.string().max(300).optional().catch(undefined),
  dependencies: names,
  devDependencies: names,
  optionalDependencies: names,
  peerDependencies: names,
});
type Entry = z.infer<typeof entrySchema>;
const lockSchema = z.object({ lockfileVersion: z.number(), packages: z.record(z.string().max(2000), entrySchema) });

/** Reads a package-lock.json (or npm-shrinkwrap.json) of version 1, 2 or 3. Never throws: what can't be read is said. */
export function readNpmLock(text: string): Locked {
  const value = parse(text);
  const old = asRecord(value)?.['lockfileVersion'] === 1 ? oldSchema.safeParse(value) : null;
  if (old?.success === true) return readOld(old.data.dependencies ?? {});
  const parsed = lockSchema.safeParse(value);
  if (!parsed.success) return unread('package-lock.json could not be read: it is no lock file of version 1, 2 or 3');
  const packages = new Map(Object.entries(parsed.data.packages));
  const incomplete: string[] = [];
  const found: LockedPackage[] = [];
  for (const [key, entry] of packages) {
    // '' is the project itself; a link only points at another entry.
    if (key === '' || entry.link === true) continue;
    const name = entry.name ?? nameOf(key);
    if (entry.version === undefined && key.includes('node_modules/')) incomplete.push(`package-lock.json gives no version for ${name}`);
    found.push(toPackage(key, name, entry, packages));
  }
  const root = packages.get('');
  if (root === undefined) incomplete.push('package-lock.json has no entry for the project itself');
  return { packages: found, direct: root === undefined ? [] : edges('', root, packages), incomplete: incomplete.slice(0, 20) };
}

function toPackage(key: string, name: string, entry: Entry, packages: ReadonlyMap<string, Entry>): LockedPackage {
  const development = entry.dev === true || entry.devOptional === true;
  return {
    key,
    name,
    version: entry.version ?? null,
    purl: npmPurl(name, entry.version ?? null, entry.resolved),
    hashes: entry.integrity === undefined ? [] : hashesOfIntegrity(entry.integrity),
    licence: entry.license ?? null,
    scope: development ? 'development' : entry.optional === true ? 'optional' : 'required',
    dependsOn: edges(key, entry, packages),
  };
}

/** What an entry depends on, found as Node finds it: in its own node_modules, then in each folder above. */
function edges(key: string, entry: Entry, packages: ReadonlyMap<string, Entry>): string[] {
  const wanted = new Set(
    [
      entry.dependencies,
      entry.optionalDependencies,
      entry.peerDependencies,
      key.includes('node_modules/') ? {} : entry.devDependencies,
    ].flatMap((list) => Object.keys(list ?? {})),
  );
  const found = new Set<string>();
  for (const name of wanted) {
    const place = resolve(key, name, packages);
    if (place !== null && place !== key) found.add(place);
  }
  return [...found].sort();
}

function resolve(from: string, name: string, packages: ReadonlyMap<string, Entry>): string | null {
  for (let folder = from; ; folder = above(folder)) {
    const place = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    const entry = packages.get(place);
    if (entry !== undefined)
      return entry.link === true && entry.resolved !== undefined && packages.has(entry.resolved) ? entry.resolved : place;
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

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Old = {
  readonly version?: string | undefined;
  readonly integrity?: string | undefined;
  readonly dev?: boolean | undefined;
  readonly optional?: boolean | undefined;
  readonly requires?: Readonly<Record<string, unknown>> | undefined;
  readonly dependencies?: Readonly<Record<string, Old>> | undefined;
};
const oldEntry: z.ZodType<Old> = z.object({
  version: z.string().max(300).optional().catch(undefined),
  integrity: z.string().max(4000).optional().catch(undefined),
  dev: z.boolean().optional().catch(undefined),
  optional: z.boolean().optional().catch(undefined),
  // Written as true at the top of old files.
  requires: z.record(z.string().max(300), z.unknown()).optional().catch(undefined),
  get dependencies() {
    return z.record(z.string().max(300), oldEntry).optional();
  },
});
const oldSchema = z.object({ lockfileVersion: z.literal(1), dependencies: z.record(z.string().max(300), oldEntry).optional() });

/** Version 1: what is installed, folder in folder. What the project itself needs stands in package.json alone. */
function readOld(top: Readonly<Record<string, Old>>): Locked {
  const places = new Map<string, Old>();
  const open: [string, Readonly<Record<string, Old>>][] = [['', top]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const [name, entry] of Object.entries(next[1])) {
      const key = `${next[0]}${next[0] === '' ? '' : '/'}node_modules/${name}`;
      places.set(key, entry);
      if (entry.dependencies !== undefined && key.length < 2000) open.push([key, entry.dependencies]);
    }
  }
  const needed = new Set<string>();
  const packages = [...places].map(([key, entry]) => {
    const alias = /^npm:(.+)@([^@]+)$/.exec(entry.version ?? '');
    const name = alias?.[1] ?? nameOf(key);
    const version = alias?.[2] ?? (entry.version?.includes(':') === true ? null : (entry.version ?? null));
    const dependsOn = Object.keys(entry.requires ?? {}).flatMap((need) => placeOf(key, need, places) ?? []);
    for (const place of dependsOn) needed.add(place);
    return lockedPackage({
      key,
      name,
      version,
      purl: npmPurl(name, version),
      hashes: entry.integrity === undefined ? [] : hashesOfIntegrity(entry.integrity),
      scope: entry.dev === true ? 'development' : entry.optional === true ? 'optional' : 'required',
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
