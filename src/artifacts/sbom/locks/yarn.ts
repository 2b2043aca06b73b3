import type { Locked, LockedPackage } from '../package.ts';
import { hashesOfIntegrity, lockedPackage, scopedByReach, unread } from '../package.ts';
import { npmPurl } from '../purl.ts';
import type { LockMap, LockValue } from './yaml.ts';
import { mapAt, readLockYaml, textAt } from './yaml.ts';

/** Reads a yarn.lock: that of Yarn 1 (classic), or of Yarn 2 and later (berry). */
export function readYarnLock(text: string): Locked {
  try {
    return /^__metadata:/m.test(text) ? readBerry(readLockYaml(text)) : readClassic(text);
  } catch (error) {
    return unread(`yarn.lock could not be read: ${error instanceof Error ? error.message : 'it is no lock file'}`);
  }
}

type Block = {
  readonly names: readonly string[];
  version: string | null;
  integrity: string | null;
  resolved: string | null;
  readonly needs: [string, string][];
};

function readClassic(text: string): Locked {
  const blocks = classicBlocks(text);
  if (blocks.length === 0)
    return /^# yarn lockfile v1$/m.test(text)
      ? { packages: [], direct: [], incomplete: [] }
      : unread('yarn.lock could not be read: it is no lock file');
  const keyOf = (block: Block): string => `${nameOf(block.names[0] ?? '')}@${block.version ?? ''}`;
  const byName = new Map(blocks.flatMap((block) => block.names.map((name) => [name, keyOf(block)] as const)));
  const needed = new Set<string>();
  const packages = blocks.map((block): LockedPackage => {
    const name = nameOf(block.names[0] ?? '');
    const dependsOn = [...new Set(block.needs.flatMap(([need, range]) => byName.get(`${need}@${range}`) ?? []))].sort();
    for (const key of dependsOn) needed.add(key);
    const sha1 = /#([0-9a-f]{40})$/.exec(block.resolved ?? '')?.[1];
    const hashes =
      block.integrity !== null
        ? hashesOfIntegrity(block.integrity)
        : sha1 === undefined
          ? []
          : ([{ algorithm: 'SHA-1', content: sha1 }] as const);
    return lockedPackage({ key: keyOf(block), name, version: block.version, purl: npmPurl(name, block.version), hashes, dependsOn });
  });
  const merged = mergeByKey(packages);
  return {
    packages: merged,
    direct: merged.map((entry) => entry.key).filter((key) => !needed.has(key)),
    incomplete: [
      'yarn.lock of Yarn 1 does not say what the project itself needs, or what only builds need: what nothing else needs stands for it',
    ],
  };
}

function classicBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  let inNeeds = false;
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const block = blocks.at(-1);
    if (!line.startsWith(' ')) {
      if (!line.endsWith(':')) throw new Error(`"${line.slice(0, 60)}" is not of a lock file`);
      // A range may hold a comma (`"a@>=1, <2"`): it is quoted then.
      const names = [...line.slice(0, -1).matchAll(/"[^"]*"|[^",\s][^,]*/g)].map(([name]) => unquote(name.trim()));
      blocks.push({ names, version: null, integrity: null, resolved: null, needs: [] });
      inNeeds = false;
    } else if (block !== undefined && line.startsWith('    ')) {
      const [, name, range] = /^ {4}("[^"]+"|\S+) (.+)$/.exec(line) ?? [];
      if (inNeeds && name !== undefined && range !== undefined) block.needs.push([unquote(name), unquote(range)]);
    } else if (block !== undefined) {
      const [, key = '', value = ''] = /^ {2}(\w+):? ?(.*)$/.exec(line) ?? [];
      inNeeds = key === 'dependencies' || key === 'optionalDependencies';
      if (key === 'version') block.version = unquote(value).slice(0, 300);
      if (key === 'integrity') block.integrity = unquote(value);
      if (key === 'resolved') block.resolved = unquote(value);
    }
  }
  return blocks;
}

function unquote(text: string): string {
  return text.startsWith('"') && text.endsWith('"') && text.length > 1 ? text.slice(1, -1) : text;
}

/** `@scope/a` from `@scope/a@^1.0.0`; of an alias (`b@npm:a@^1`) the package that it stands for. */
function nameOf(spec: string): string {
  const at = spec.indexOf('@', 1);
  const range = at < 0 ? '' : spec.slice(at + 1);
  return range.startsWith('npm:') && range.indexOf('@', 5) > 0 ? nameOf(range.slice(4)) : spec.slice(0, at < 0 ? undefined : at);
}

function readBerry(lock: LockValue): Locked {
  const entries = Object.entries(mapAt(lock)).filter(([key]) => key !== '__metadata');
  const keyOf = (entry: LockMap): string => (textAt(entry, 'resolution') ?? '').replace(/::.*$/, '');
  const byName = new Map<string, string>();
  for (const [names, entry] of entries) for (const name of names.split(/,\s*/)) byName.set(name, keyOf(mapAt(entry)));
  const needs = (entry: LockMap): string[] =>
    Object.entries(mapAt(entry, 'dependencies')).flatMap(([name, range]) => {
      const text = typeof range === 'string' ? range : '';
      return byName.get(`${name}@${text}`) ?? byName.get(`${name}@npm:${text}`) ?? [];
    });
  const [found, direct] = [[] as LockedPackage[], new Set<string>()];
  const workspaces = new Set(entries.map(([, entry]) => keyOf(mapAt(entry))).filter((key) => key.includes('@workspace:')));
  for (const [, value] of entries) {
    const entry = mapAt(value);
    const key = keyOf(entry);
    const needed = needs(entry).filter((one) => !workspaces.has(one));
    if (workspaces.has(key)) for (const one of needed) direct.add(one);
    else if (key !== '') {
      const name = key.slice(0, key.indexOf('@', 1));
      const version = textAt(entry, 'version');
      found.push(lockedPackage({ key, name, version, purl: npmPurl(name, version), dependsOn: [...new Set(needed)].sort() }));
    }
  }
  if (workspaces.size === 0) return unread('yarn.lock could not be read: it names no workspace');
  const packages = scopedByReach(mergeByKey(found), { required: [...direct], optional: [] });
  return { packages, direct: [...direct].sort(), incomplete: ['yarn.lock does not tell what only builds need from what runs'] };
}

function mergeByKey(packages: readonly LockedPackage[]): LockedPackage[] {
  const found = new Map<string, LockedPackage>();
  for (const entry of packages) {
    const before = found.get(entry.key);
    found.set(
      entry.key,
      before === undefined ? entry : { ...before, dependsOn: [...new Set([...before.dependsOn, ...entry.dependsOn])].sort() },
    );
  }
  return [...found.values()];
}
