import { artifactsOfCommit, buildsOf, type Build } from '../artifacts/artifacts.queries.ts';
import { attestRecordedSbom } from '../artifacts/recorded/attest-sbom.api.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Fact, Reaction, Tx } from '../platform/floor.ts';
import { gateFacts } from './gates.queries.ts';

type Pair = { readonly build: Build; readonly document: Digest };

/**
 * A bill of materials that was recorded counts as the SBOM of the recorded builds that it speaks for, whichever of the
 * two came first. Woken by either; the rows say what is to be done.
 */
export const recordedSbom: Reaction = {
  name: 'gates.recorded-sbom',
  run: async (floor, fact) => {
    for (const { build, document } of await floor.db.read(fact.org, (tx) => pairsOf(tx, fact))) {
      const { id, name, digest } = build;
      await attestRecordedSbom(floor, fact.org, { build: id, name, digest, document });
    }
  },
};

async function pairsOf(tx: Tx, fact: Fact): Promise<Pair[]> {
  if (fact.service === null) return [];
  const pairs: Pair[] = [];
  const builds = new Map((await concerned(tx, fact, fact.service)).map((build) => [build.id, build]));
  for (const build of builds.values()) {
    if (build.recorded === null || build.service !== fact.service) continue;
    const [facts] = await gateFacts(tx, build.service, [build.digest]);
    for (const report of facts?.reports ?? []) {
      const cyclonedx = (report.format ?? report.kind).startsWith('cyclonedx');
      if (cyclonedx && report.state === 'ok' && report.sbom !== null && report.digest !== null)
        pairs.push({ build, document: report.digest });
    }
  }
  return pairs;
}

type Said = { digest?: string; commit?: string | null; speaksFor?: string[]; components?: number | null };

/** The builds that a fact may be about: those of the digests that it names, and those of its commit. */
async function concerned(tx: Tx, { body }: Fact, service: string): Promise<Build[]> {
  const { digest, commit, speaksFor, components } = body as Said;
  // What a report names as its digest are its own bytes; what it speaks for stands beside.
  if (speaksFor === undefined) return digest === undefined ? [] : buildsOf(tx, digest);
  if (components == null) return [];
  const named = await Promise.all(speaksFor.map((one) => buildsOf(tx, one)));
  return [...named.flat(), ...(commit == null ? [] : await artifactsOfCommit(tx, commit, service))];
}
