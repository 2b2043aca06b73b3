import { parse as parseToml } from 'smol-toml';
import type { Locked } from '../package.ts';
import { asName, asRecord, lockedPackage, toHash, uniquePackages, unread } from '../package.ts';
import { plainPurl } from '../purl.ts';

/** Reads a Cargo.lock of versions 1 to 4. What is of no registry or repository is the workspace itself. */
export function readCargoLock(text: string): Locked {
  let lock: Readonly<Record<string, unknown>>;
  try {
    lock = parseToml(text);
  } catch (error) {
    return unread(`Cargo.lock could not be read: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'it is no TOML'}`);
  }
  const tables = (Array.isArray(lock['package']) ? lock['package'] : []).flatMap((one) => {
    const table = asRecord(one);
    const [name, version] = [asName(table?.['name']), asName(table?.['version'])];
    if (table === null || name === null || version === null) return [];
    const source = asName(table['source'], 2000);
    const needs = (Array.isArray(table['dependencies']) ? table['dependencies'] : []).filter(
      (need): need is string => typeof need === 'string',
    );
    return [
      {
        name,
        version,
        source,
        checksum: asName(table['checksum']),
        needs,
        key: `${name}@${version}${source === null || source.startsWith('registry+') ? '' : ` (${source})`}`,
      },
    ];
  });
  if (tables.length === 0) return unread('Cargo.lock could not be read: it names no package');
  const metadata = asRecord(lock['metadata']) ?? {};
  const byName = new Map<string, typeof tables>();
  for (const table of tables) byName.set(table.name, [...(byName.get(table.name) ?? []), table]);
  const find = (need: string): string[] => {
    const [name = '', version, source] = need.split(' ');
    const fitting = (byName.get(name) ?? []).filter(
      (one) =>
        (version === undefined || one.version === version) && (source === undefined || one.source === null || `(${one.source})` === source),
    );
    return fitting[0] === undefined ? [] : [fitting[0].key];
  };
  const own = new Set(tables.filter((one) => one.source === null).map((one) => one.key));
  const packages = tables
    .filter((one) => !own.has(one.key))
    .map(({ key, name, version, source, checksum, needs }) => {
      const digest = checksum ?? asName(metadata[`checksum ${name} ${version} (${source ?? ''})`]);
      const hash = digest === null ? null : toHash('sha256', digest);
      return lockedPackage({
        key,
        name,
        version,
        purl: plainPurl('cargo', name, version),
        hashes: hash === null ? [] : [hash],
        dependsOn: [...new Set(needs.flatMap(find))].sort(),
      });
    });
  const direct = new Set(tables.filter((one) => own.has(one.key)).flatMap((one) => one.needs.flatMap(find)));
  return {
    packages: uniquePackages(packages),
    direct: [...direct].filter((key) => !own.has(key)).sort(),
    incomplete: packages.length === 0 ? [] : ['Cargo.lock does not tell what only builds and tests need from what runs'],
  };
}
