import { parse as parseToml } from 'smol-toml';
import type { Hash, Locked, LockedPackage } from '../package.ts';
import { asName, asRecord, jsonOf, lockedPackage, scopedByReach, toHash, uniquePackages, unread } from '../package.ts';
import { pypiPurl } from '../purl.ts';

const PINNED = /^([A-Za-z0-9][A-Za-z0-9._-]{0,199})\s*(?:\[[^\]]{0,200}\])?\s*===?\s*([A-Za-z0-9][A-Za-z0-9._+!-]{0,99})\s*(?:;.*)?$/;
const HASH = /--hash[= ](sha256|sha384|sha512|md5):([0-9a-fA-F]+)/g;
/** Lines that say where from, not what. */
const SOURCES =
  /^(?:-i|--index-url|--extra-index-url|-f|--find-links|--no-index|--trusted-host|--prefer-binary|--pre|--only-binary|--no-binary|--require-hashes)\b/;

/** A Python package's name as PyPI compares it (PEP 503). */
export function normalName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/**
 * Reads a requirements.txt in which everything is pinned (`name==version`, hashes where given). A line that pins
 * nothing, or that leads to another file, makes the list incomplete and is named. What pip-compile and uv write beside a
 * package (`# via flask`) says which package needs which.
 */
export function readRequirements(text: string): Locked {
  const packages: LockedPackage[] = [];
  const incomplete: string[] = [];
  const via = new Map<string, string[]>();
  for (const line of text.replace(/\\\r?\n/g, ' ').split(/\r?\n/)) {
    const last = packages.at(-1)?.key;
    readVia(line, last, via);
    const bare = line.replace(/(?:^|\s)#.*$/, '').trim();
    if (bare === '' || SOURCES.test(bare)) continue;
    const [, name, version] = PINNED.exec(bare.replace(/\s--hash[= ].*$/, '').trim()) ?? [];
    if (name === undefined || version === undefined) incomplete.push(`requirements.txt pins nothing by "${bare.slice(0, 80)}"`);
    else {
      const hashes = [...bare.matchAll(HASH)].flatMap(([, algorithm = '', hex = '']) => toHash(algorithm, hex) ?? []);
      packages.push(pythonPackage(name, version, hashes));
      readVia(/#.*$/.exec(line)?.[0] ?? '', packages.at(-1)?.key, via);
    }
  }
  const unique = uniquePackages(packages);
  const explained = unique.length > 0 && unique.every((entry) => via.has(entry.key));
  // A flat list says what is there, not what needs what; whether it holds what they need in turn can't be seen.
  if (unique.length > 0 && !explained) incomplete.push('requirements.txt does not say which package needs which');
  if (!explained) return { packages: unique, direct: unique.map((entry) => entry.key), incomplete: incomplete.slice(0, 20) };
  const keys = new Map(unique.map((entry) => [normalName(entry.name), entry.key]));
  const needs = new Map<string, string[]>();
  for (const [key, parents] of via) for (const parent of parents) needs.set(parent, [...(needs.get(parent) ?? []), key]);
  const direct = unique.filter((entry) => (via.get(entry.key) ?? []).some((parent) => !keys.has(parent))).map((entry) => entry.key);
  const withNeeds = unique.map((entry) => ({ ...entry, dependsOn: [...new Set(needs.get(normalName(entry.name)) ?? [])].sort() }));
  return { packages: withNeeds, direct, incomplete: incomplete.slice(0, 20) };
}

/** `# via flask, rich`, or `# via` and then one name on each comment line. */
function readVia(line: string, key: string | undefined, via: Map<string, string[]>): void {
  const [, words] = /^\s*#\s*(?:via\b)?\s*(.*)$/.exec(line) ?? [];
  if (key === undefined || words === undefined) return;
  const begins = /^\s*#\s*via\b/.test(line);
  if (!begins && !via.has(key)) return;
  const names = words.split(',').map((word) => (/^-[rc] /.test(word.trim()) ? '' : normalName(word.trim().replace(/\s.*$/, ''))));
  via.set(key, [...(via.get(key) ?? []), ...names.filter((name, at) => name !== '' || words.split(',')[at]?.trim() !== '')]);
}

type Table = Readonly<Record<string, unknown>>;

/** Reads a poetry.lock, uv.lock or pdm.lock. */
export function readPoetryLock(text: string): Locked {
  let lock: Table;
  try {
    lock = parseToml(text);
  } catch (error) {
    return unread(
      `the Python lock file could not be read: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'it is no TOML'}`,
    );
  }
  const tables = tablesOf(lock['package']);
  if (tables.length === 0) return unread('the Python lock file names no package');
  const metadata = asRecord(lock['metadata']) ?? {};
  const isUv = 'requires-python' in lock && !('content-hash' in metadata);
  const known = new Map<string, string>();
  for (const table of tables) known.set(normalName(asName(table['name']) ?? ''), keyOf(table));
  const own = tables.filter((table) => isOwn(table));
  const packages = uniquePackages(
    tables
      .filter((table) => !own.includes(table) && asName(table['name']) !== null && asName(table['version']) !== null)
      .map((table) => fromTable(table, known, metadata)),
  );
  const missing = tables.length - own.length - packages.length;
  const incomplete = missing > 0 ? [`${missing} packages of the Python lock file have no name or version, or stand there twice`] : [];
  if (!isUv)
    return {
      packages,
      direct: [],
      incomplete: [...incomplete, 'the Python lock file does not say what the project itself needs: that stands in pyproject.toml'],
    };
  const needs = (kinds: readonly string[]): string[] =>
    own.flatMap((table) => kinds.flatMap((kind) => namesIn(table[kind]).flatMap((name) => known.get(name) ?? [])));
  const roots = { required: needs(['dependencies']), optional: needs(['optional-dependencies']) };
  const direct = [...new Set([...roots.required, ...roots.optional, ...needs(['dev-dependencies'])])].filter((key) =>
    packages.some((entry) => entry.key === key),
  );
  return { packages: own.length === 0 ? packages : scopedByReach(packages, roots), direct: direct.sort(), incomplete };
}

/** A project of the workspace itself, in uv's words. */
function isOwn(table: Table): boolean {
  const source = asRecord(table['source']);
  return source !== null && ('virtual' in source || 'editable' in source || 'workspace' in source);
}

function fromTable(table: Table, known: ReadonlyMap<string, string>, metadata: Table): LockedPackage {
  const name = asName(table['name']) ?? '';
  const files = [
    ...tablesOf(table['files']),
    ...tablesOf(table['wheels']),
    ...tablesOf(asRecord(metadata['files'])?.[name]),
    ...(asRecord(table['sdist']) === null ? [] : [asRecord(table['sdist']) ?? {}]),
  ];
  const hashes = files.flatMap((file) => {
    const [algorithm = '', hex = ''] = (asName(file['hash']) ?? '').split(':');
    return toHash(algorithm, hex) ?? [];
  });
  const needs = ['dependencies'].flatMap((kind) => namesIn(table[kind]));
  const groups = Array.isArray(table['groups']) ? table['groups'] : [table['category'] ?? 'main'];
  const scope = groups.every((group) => group === 'dev' || group === 'test')
    ? 'development'
    : table['optional'] === true
      ? 'optional'
      : 'required';
  // One hash for each file of the package; which of them was installed is not known, so a single one is repeated and several are not.
  const entry = pythonPackage(name, asName(table['version']) ?? '', hashes.length === 1 ? hashes : []);
  // uv writes when each file came; the first of them is when the version did.
  const [publishedAt] = files.flatMap((file) => timeOf(file['upload-time']) ?? []).sort();
  return {
    ...entry,
    scope,
    dependsOn: [...new Set(needs.flatMap((need) => known.get(need) ?? []))].sort(),
    ...(hashes.length > 1 ? { hashed: true } : {}),
    ...(publishedAt === undefined ? {} : { publishedAt }),
  };
}

/** An instant, written as text or as a date of TOML. */
function timeOf(value: unknown): string | null {
  const at = value instanceof Date ? value.getTime() : typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}

/** Names that a `dependencies` holds: a table (poetry), tables (uv), texts (pdm), or groups of those. */
function namesIn(value: unknown): string[] {
  if (Array.isArray(value))
    return value.flatMap((one) => {
      const name = typeof one === 'string' ? /^[A-Za-z0-9._-]+/.exec(one)?.[0] : asName(asRecord(one)?.['name']);
      return name == null ? [] : [normalName(name)];
    });
  const map = asRecord(value);
  if (map === null) return [];
  return Object.entries(map).flatMap(([name, one]) =>
    Array.isArray(one) && one.some((item) => asName(asRecord(item)?.['name']) !== null) ? namesIn(one) : [normalName(name)],
  );
}

/** Reads a Pipfile.lock. */
export function readPipfileLock(text: string): Locked {
  const lock = asRecord(jsonOf(text));
  if (lock === null || asRecord(lock['_meta']) === null) return unread('Pipfile.lock could not be read: it is no lock file');
  const incomplete = ['Pipfile.lock does not say which package needs which'];
  const section = (name: string, scope: LockedPackage['scope']): LockedPackage[] =>
    Object.entries(asRecord(lock[name]) ?? {}).flatMap(([key, value]) => {
      const version = /^==(.{1,100})$/.exec(asName(asRecord(value)?.['version']) ?? '')?.[1];
      if (version === undefined) {
        // From a repository, a folder or an address: what version that is stands nowhere.
        if (incomplete.length < 20) incomplete.push(`Pipfile.lock gives no version for ${key.slice(0, 80)}`);
        return [];
      }
      const listed = asRecord(value)?.['hashes'];
      const hashes = (Array.isArray(listed) ? listed : []).flatMap((hash) => {
        const [algorithm = '', hex = ''] = (asName(hash) ?? '').split(':');
        return toHash(algorithm, hex) ?? [];
      });
      return [{ ...pythonPackage(key, version, hashes.length === 1 ? hashes : []), scope }];
    });
  const packages = uniquePackages([...section('default', 'required'), ...section('develop', 'development')]);
  return { packages, direct: packages.map((entry) => entry.key), incomplete };
}

function keyOf(table: Table): string {
  return `${normalName(asName(table['name']) ?? '')}==${asName(table['version']) ?? ''}`;
}

function tablesOf(value: unknown): Table[] {
  return Array.isArray(value) ? (value as unknown[]).flatMap((one): Table[] => [asRecord(one)].filter((table) => table !== null)) : [];
}

function pythonPackage(name: string, version: string, hashes: readonly Hash[]): LockedPackage {
  return lockedPackage({ key: `${normalName(name)}==${version}`, name, version, purl: pypiPurl(name, version), hashes });
}
