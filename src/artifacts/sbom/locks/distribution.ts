import type { Hash, Locked, LockedPackage } from '../package.ts';
import { lockedPackage, uniquePackages, unread } from '../package.ts';
import { distributionPurl } from '../purl.ts';

/** Which distribution an image is of, from its os-release(5). */
export type Distribution = { readonly id: string; readonly version: string };

/** Reads an os-release; Debian and Alpine are assumed of nobody. */
export function readOsRelease(text: string): Distribution {
  const value = (name: string): string =>
    (
      new RegExp(`^${name}=(?:"([^"]*)"|'([^']*)'|(.*))$`, 'm')
        .exec(text)
        ?.slice(1)
        .find((part) => part !== undefined) ?? ''
    ).trim();
  const clean = (text: string): string => (/^[\w.-]{1,60}$/.test(text) ? text : '');
  return { id: clean(value('ID')).toLowerCase(), version: clean(value('VERSION_ID')) };
}

/**
 * Reads dpkg's list (/var/lib/dpkg/status, or one of status.d as distroless images have them): what is installed, with the
 * source package that advisories name. dpkg keeps no licences and no hashes of packages.
 */
export function readDpkg(text: string, distribution: Distribution): Locked {
  const vendor = distribution.id === '' ? 'debian' : distribution.id;
  const installed = stanzas(text).filter(
    (one) => one.has('Package') && (one.get('Status') ?? 'install ok installed').endsWith(' installed'),
  );
  if (installed.length === 0) return unread('dpkg’s list names no package');
  const provides = new Map<string, string>();
  for (const one of installed) {
    provides.set(one.get('Package') ?? '', keyOf(one));
    for (const name of names(one.get('Provides') ?? '')) if (!provides.has(name)) provides.set(name, keyOf(one));
  }
  const packages = installed.map((one): LockedPackage => {
    const [name, version] = [one.get('Package') ?? '', one.get('Version') ?? ''];
    const source = /^(\S+)(?: \((.+)\))?$/.exec(one.get('Source') ?? '');
    const upstream = source === null ? '' : `${source[1]}${source[2] === undefined ? '' : `@${source[2]}`}`;
    const more = { arch: one.get('Architecture') ?? '', distro: distroOf(vendor, distribution), upstream };
    const needs = [...names(one.get('Depends') ?? ''), ...names(one.get('Pre-Depends') ?? '')];
    return lockedPackage({
      key: keyOf(one),
      name,
      version,
      purl: distributionPurl('deb', vendor, name, version, more),
      dependsOn: edges(needs, provides, keyOf(one)),
    });
  });
  return withRoots(packages);
}

function keyOf(stanza: ReadonlyMap<string, string>): string {
  return `${stanza.get('Package') ?? ''}:${stanza.get('Architecture') ?? ''}@${stanza.get('Version') ?? ''}`;
}

/** Reads apk's list (/lib/apk/db/installed): what is installed, with licences and origins. */
export function readApk(text: string, distribution: Distribution): Locked {
  const vendor = distribution.id === '' ? 'alpine' : distribution.id;
  const entries = text
    .split(/\r?\n\r?\n/)
    .map(
      (block) =>
        new Map(
          block
            .split(/\r?\n/)
            .filter((line) => /^[A-Za-z]:/.test(line))
            .map((line) => [line.slice(0, 1), line.slice(2)] as const),
        ),
    )
    .filter((entry) => entry.has('P') && entry.has('V'));
  if (entries.length === 0) return unread('apk’s list names no package');
  const key = (entry: ReadonlyMap<string, string>): string => `${entry.get('P') ?? ''}@${entry.get('V') ?? ''}`;
  const provides = new Map<string, string>();
  for (const entry of entries) {
    provides.set(entry.get('P') ?? '', key(entry));
    for (const word of (entry.get('p') ?? '').split(' '))
      if (word !== '' && !provides.has(bare(word))) provides.set(bare(word), key(entry));
  }
  const packages = entries.map((entry): LockedPackage => {
    const [name, version, origin] = [entry.get('P') ?? '', entry.get('V') ?? '', entry.get('o') ?? ''];
    const more = { arch: entry.get('A') ?? '', distro: distroOf(vendor, distribution), upstream: origin === name ? '' : origin };
    const needs = (entry.get('D') ?? '')
      .split(' ')
      .filter((word) => word !== '' && !word.startsWith('!'))
      .map(bare);
    return lockedPackage({
      key: key(entry),
      name,
      version,
      purl: distributionPurl('apk', vendor, name, version, more),
      licence: entry.get('L') || null,
      hashes: [] satisfies Hash[],
      dependsOn: edges(needs, provides, key(entry)),
    });
  });
  return withRoots(packages);
}

/** An image has no project of its own: what no other package needs is what somebody asked for. */
function withRoots(packages: readonly LockedPackage[]): Locked {
  const unique = uniquePackages(packages);
  const needed = new Set(unique.flatMap((entry) => entry.dependsOn));
  return { packages: unique, direct: unique.map((entry) => entry.key).filter((key) => !needed.has(key)), incomplete: [] };
}

function distroOf(vendor: string, { version }: Distribution): string {
  return version === '' ? '' : `${vendor}-${version}`;
}

function edges(needs: readonly string[], provides: ReadonlyMap<string, string>, self: string): string[] {
  return [...new Set(needs.flatMap((name) => provides.get(name) ?? []))].filter((key) => key !== self).sort();
}

/** Names of `a (>= 1), b | c`: the first of alternatives. */
function names(field: string): string[] {
  return field.split(',').flatMap((part) => /^\s*([A-Za-z0-9][A-Za-z0-9+.-]*)/.exec(part)?.[1] ?? []);
}

/** `so:libc.so.6` from `so:libc.so.6=1.2`, `a` from `a>=1`. */
function bare(word: string): string {
  return word.replace(/[<>=~].*$/, '');
}

function stanzas(text: string): Map<string, string>[] {
  return text.split(/\r?\n\r?\n/).map((block) => {
    const fields = new Map<string, string>();
    for (const line of block.split(/\r?\n/)) {
      const [, name, value] = /^([A-Za-z][A-Za-z-]*): ?(.*)$/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) fields.set(name, value);
    }
    return fields;
  });
}
