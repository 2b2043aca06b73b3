import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import semver from 'semver';
import { expect, test } from 'vitest';
import { compareSemver } from '../advisories/compare.ts';
import { strictVersion } from './tags.ts';

const file = join(process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus', 'expected/node-semver-fixtures.json');
type Case = readonly unknown[];
const LOOSE = { loose: true };

/** How each table of fixtures is judged: by our own code where we have some, else by the library that we rest on. */
const JUDGES: Record<string, (one: Case) => boolean> = {
  comparisons: ([higher, lower]) =>
    (compareSemver(String(higher), String(lower)) ?? 0) > 0 && (compareSemver(String(lower), String(higher)) ?? 0) < 0,
  equality: ([a, b]) =>
    compareSemver(
      String(a)
        .trim()
        .replace(/^[=\s]+/, ''),
      String(b)
        .trim()
        .replace(/^[=\s]+/, ''),
    ) === 0,
  'valid-versions': ([text, major, minor, patch]) =>
    strictVersion(String(text).replace(/^v/, ''))?.startsWith(`${String(major)}.${String(minor)}.${String(patch)}`) === true,
  'invalid-versions': ([text]) => typeof text !== 'string' || strictVersion(text) === null,
  'range-include': ([range, version, options]) => semver.satisfies(String(version), String(range), options as object),
  'range-exclude': ([range, version, options]) => !semver.satisfies(String(version), String(range), options as object),
  'version-gt-range': ([range, version, options]) => semver.gtr(String(version), String(range), options as object),
  'version-lt-range': ([range, version, options]) => semver.ltr(String(version), String(range), options as object),
  'version-not-gt-range': ([range, version, options]) => !semver.gtr(String(version), String(range), options as object),
  'version-not-lt-range': ([range, version, options]) => !semver.ltr(String(version), String(range), options as object),
  increments: ([version, how, expected, options, identifier, base]) =>
    semver.inc(String(version), how as semver.ReleaseType, (options ?? {}) as object, identifier as string, base as never) === expected,
  'range-parse': ([range, expected, options]) => semver.validRange(String(range), (options ?? undefined) as object) === expected,
  'range-intersection': ([a, b, expected]) => semver.intersects(String(a), String(b), LOOSE) === expected,
  'comparator-intersection': ([a, b, expected, prerelease]) =>
    new semver.Comparator(String(a)).intersects(new semver.Comparator(String(b)), { includePrerelease: prerelease === true } as never) ===
    expected,
};

test('node-semver’s fixtures: versions by our own code, ranges by the library', ({ skip }) => {
  if (!existsSync(file)) skip(`no corpus at ${file}`);
  const { fixtures } = JSON.parse(readFileSync(file, 'utf8')) as { fixtures: Record<string, Case[]> };
  const wrong: string[] = [];
  let count = 0;
  for (const [name, judge] of Object.entries(JUDGES)) {
    for (const one of fixtures[name] ?? []) {
      count += 1;
      if (!judge(one)) wrong.push(`${name}: ${JSON.stringify(one).slice(0, 200)}`);
    }
  }
  process.stdout.write(`semver: ${count - wrong.length} of ${count}\n`);
  expect(wrong).toEqual([]);
});
