import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { indexAdvisories, matchPurls } from '../artifacts/advisories/match.ts';
import type { Match } from '../artifacts/advisories/match.ts';
import { readAdvisories, severityOf } from '../artifacts/advisories/advisory.ts';
import type { Advisory, AdvisorySeverity } from '../artifacts/advisories/advisory.ts';
import { judgeLicence } from '../artifacts/sbom/licence.ts';
import type { LicencePolicy } from '../artifacts/sbom/licence.ts';
import { readSbom } from '../artifacts/sbom/read.ts';
import type { Component } from '../artifacts/sbom/read.ts';
import { isLockFile } from '../artifacts/sbom/sbom.ts';
import { readText } from './files.disk.ts';
import { isFolder, isImage, makeSbom } from './sbom-make.ts';
import { noAdvisories, noSbom } from './sbom.problems.ts';

export { makeSbom } from './sbom-make.ts';

/** The components of an SBOM, or of what one can be made of. */
export async function componentsOf(path: string): Promise<readonly Component[]> {
  if (isFolder(path) || isLockFile(path) || isImage(path)) {
    const read = readSbom(JSON.stringify((await makeSbom(path, 'cyclonedx', '1970-01-01T00:00:00.000Z')).document));
    return read?.components ?? [];
  }
  const read = readSbom(await readText(path));
  if (read === null) throw noSbom({ path });
  return read.components;
}

export type LicenceRow = { readonly name: string; readonly licence: string | null; readonly verdict: 'denied' | 'unknown' };

/** Components that a licence policy does not allow. */
export function refusedLicences(components: readonly Component[], policy: LicencePolicy): LicenceRow[] {
  return components.flatMap((one) => {
    const verdict = judgeLicence(one.licence, policy);
    return verdict === 'allowed' ? [] : [{ name: `${one.name}@${one.version ?? '?'}`, licence: one.licence, verdict }];
  });
}

export type MatchRow = Match & { readonly severity: AdvisorySeverity; readonly aliases: readonly string[]; readonly summary: string };

/** What advisories say of components; those without a purl are counted, since nobody can say anything of them. */
export function matchComponents(
  components: readonly Component[],
  advisories: readonly Advisory[],
): { matches: MatchRow[]; withoutPurl: number } {
  const byId = new Map(advisories.map((one) => [one.id, one]));
  const purls = components.flatMap((one) => one.purl ?? []);
  const matches = matchPurls(purls, indexAdvisories(advisories)).map((match) => {
    const advisory = byId.get(match.advisory);
    return {
      ...match,
      severity: advisory === undefined ? ('unknown' as const) : severityOf(advisory),
      aliases: advisory?.aliases ?? [],
      summary: advisory?.summary ?? '',
    };
  });
  return { matches, withoutPurl: components.filter((one) => one.purl === null).length };
}

/** OSV records of a file, or of all .json and .jsonl files under a folder. What is none is a problem: half a list says nothing. */
export async function advisoriesFrom(path: string): Promise<Advisory[]> {
  const files = isFolder(path)
    ? readdirSync(path, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.jsonl?$/.test(name))
        .sort()
        .map((name) => join(path, name))
    : [path];
  const found: Advisory[] = [];
  for (const file of files) {
    const { advisories, faults } = readAdvisories(await readText(file));
    if (faults[0] !== undefined) throw noAdvisories({ path: file, why: `${faults[0].at}: ${faults[0].why}` });
    for (const one of advisories) found.push(one);
  }
  if (found.length === 0) throw noAdvisories({ path, why: 'it holds none at all' });
  return found;
}
