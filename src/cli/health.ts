import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Dependency, Health, HealthFacts, PackageNews } from '../artifacts/health/health.ts';
import { healthFacts, healthOf } from '../artifacts/health/health.ts';
import { newsKeyOf, readNews } from '../artifacts/health/news.ts';
import type { LicencePolicy } from '../artifacts/sbom/licence.ts';
import { isLockFile } from '../artifacts/sbom/sbom.ts';
import { componentsOf } from './sbom.ts';
import { isFolder, isImage, makeSbom } from './sbom-make.ts';
import { badNews } from './sbom.problems.ts';

export type HealthAsked = {
  /** A folder, a lock file, an image, or an SBOM. */
  readonly path: string;
  /** What registries said: a file, or a folder of them. */
  readonly news: string | null;
  readonly quietDays: number;
  readonly licences: LicencePolicy;
  /** Milliseconds since the epoch. */
  readonly now: number;
};

/** `incomplete`: what the files can't say, in sentences; `documents`: of how many packages a registry was heard. */
export type HealthFound = {
  readonly facts: HealthFacts;
  readonly dependencies: readonly Health[];
  readonly documents: number;
  readonly incomplete: readonly string[];
};

/** `ym sbom health`: how well each dependency is, from files alone. */
export async function readHealth({ path, news, quietDays, licences, now }: HealthAsked): Promise<HealthFound> {
  const { dependencies, incomplete } = await dependenciesOf(path);
  const known = news === null ? new Map<string, PackageNews>() : newsIn(news);
  const all = healthOf(dependencies, (one) => (one.purl === null ? null : (known.get(newsKeyOf(one.purl) ?? '') ?? null)), {
    now,
    quietDays,
    licences,
  });
  return { facts: healthFacts(all), dependencies: all, documents: known.size, incomplete };
}

async function dependenciesOf(path: string): Promise<{ dependencies: readonly Dependency[]; incomplete: readonly string[] }> {
  if (!isFolder(path) && !isLockFile(path) && !isImage(path)) {
    const components = await componentsOf(path);
    return { dependencies: components.map((one) => ({ ...one, hashed: one.hashed === true })), incomplete: [] };
  }
  const { packages, incomplete } = (await makeSbom(path, 'cyclonedx', '1970-01-01T00:00:00.000Z')).gathered;
  return { dependencies: packages.map((one) => ({ ...one, hashed: one.hashed === true || one.hashes.length > 0 })), incomplete };
}

const NEWS_FILES = 20_000;
const NEWS_BYTES = 64 * 1024 * 1024;

/** What registries said, by package. A file that is none of theirs is a problem: half of them would read as "nothing known". */
export function newsIn(path: string): Map<string, PackageNews> {
  const files = isFolder(path)
    ? readdirSync(path, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.json'))
        .sort()
        .map((name) => join(path, name))
    : [path];
  if (files.length > NEWS_FILES) throw badNews({ file: path, why: `it holds more than ${NEWS_FILES} files` });
  const found = new Map<string, PackageNews>();
  for (const file of files) {
    const size = statSync(file, { throwIfNoEntry: false })?.size;
    if (size === undefined) throw badNews({ file, why: 'it is not there' });
    if (size > NEWS_BYTES) throw badNews({ file, why: `it has more than ${NEWS_BYTES} bytes` });
    const read = readNews(readFileSync(file, 'utf8'));
    if (read === null) throw badNews({ file, why: 'it is no document of npm, PyPI or crates.io' });
    found.set(read.key, read.news);
  }
  return found;
}
