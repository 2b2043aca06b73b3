import { toHash } from './package.ts';
import type { Hash, Locked, LockedPackage } from './package.ts';
import { pypiPurl } from './purl.ts';

const PINNED = /^([A-Za-z0-9][A-Za-z0-9._-]{0,199})\s*(?:\[[^\]]{0,200}\])?\s*===?\s*([A-Za-z0-9][A-Za-z0-9._+!-]{0,99})\s*(?:;.*)?$/;
const HASH = /--hash[= ](sha256|sha384|sha512|md5):([0-9a-fA-F]+)/g;

/**
 * Reads a requirements.txt in which everything is pinned (`name==version`, hashes where given). A line that pins
 * nothing, or that leads to another file, makes the list incomplete and is named.
 */
export function readRequirements(text: string): Locked {
  const packages: LockedPackage[] = [];
  const incomplete: string[] = [];
  for (const line of text.replace(/\\\r?\n/g, ' ').split(/\r?\n/)) {
    const bare = line.replace(/(?:^|\s)#.*$/, '').trim();
    if (bare === '') continue;
    const [, name, version] = PINNED.exec(bare.replace(/\s--hash[= ].*$/, '').trim()) ?? [];
    if (name === undefined || version === undefined) incomplete.push(`requirements.txt pins nothing by "${bare.slice(0, 80)}"`);
    else
      packages.push(
        pythonPackage(
          name,
          version,
          [...bare.matchAll(HASH)].flatMap(([, algorithm = '', hex = '']) => toHash(algorithm, hex) ?? []),
        ),
      );
  }
  // A flat list says what is there, not what needs what; whether it holds what they need in turn can't be seen.
  if (packages.length > 0) incomplete.push('requirements.txt does not say which package needs which');
  return { packages: unique(packages), direct: unique(packages).map((entry) => entry.key), incomplete: incomplete.slice(0, 20) };
}

/** Reads the packages of a poetry.lock or uv.lock: the `[[package]]` tables' names, versions and file hashes. */
export function readPoetryLock(text: string): Locked {
  const packages: LockedPackage[] = [];
  const tables = text.split(/^\[\[package\]\][ \t]*$/m).slice(1);
  for (const table of tables) {
    const body = table.split(/^\[\[?(?!package\.)/m)[0] ?? '';
    const name = /^name = "([^"\\]{1,200})"[ \t]*$/m.exec(body)?.[1];
    const version = /^version = "([^"\\]{1,100})"[ \t]*$/m.exec(body)?.[1];
    if (name === undefined || version === undefined) continue;
    const hashes = [...body.matchAll(/\bhash = "(sha256):([0-9a-f]{64})"/g)].flatMap(
      ([, algorithm = '', hex = '']) => toHash(algorithm, hex) ?? [],
    );
    // One hash for each file of the package; which of them was installed is not known, so a single one is repeated and several are not.
    packages.push(pythonPackage(name, version, hashes.length === 1 ? hashes : []));
  }
  const unread = tables.length - packages.length;
  const incomplete = ['the Python lock file is read without its dependency edges'];
  if (tables.length === 0) incomplete.push('the Python lock file names no package');
  if (unread > 0) incomplete.push(`${unread} packages of the Python lock file have no name or version`);
  return { packages: unique(packages), direct: [], incomplete };
}

function pythonPackage(name: string, version: string, hashes: readonly Hash[]): LockedPackage {
  return {
    key: `${name.toLowerCase()}==${version}`,
    name,
    version,
    purl: pypiPurl(name, version),
    hashes,
    licence: null,
    scope: 'required',
    dependsOn: [],
  };
}

function unique(packages: readonly LockedPackage[]): LockedPackage[] {
  return [...new Map(packages.map((entry) => [entry.key, entry])).values()];
}
