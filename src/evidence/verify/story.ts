import type { Digest } from '../../kernel/digest.ts';
import { namedAttestations, readAttestation } from './blobs.ts';
import { checked, type Check, type Opened, type ReadFact } from './check.ts';
import { absentEvidence, type PredicateOf } from './expected.ts';
import { pinnedDecisions } from './decisions.ts';

/** Whatever is absent is listed as missing in the signed manifest; silence about a gap is refused. */
export function checkMissing(opened: Opened, facts: readonly ReadFact[]): Check {
  const named = namedAttestations(facts);
  const predicateOf = (artifact: string, blob: string): ReturnType<PredicateOf> => {
    const read = readAttestation({ sections: opened.bundle.sections, keys: opened.trust.keys }, artifact as Digest, blob, named);
    return read.ok ? read : null;
  };
  const listed = new Set(opened.manifest.missing.map(({ what }) => what));
  const absent = absentEvidence(opened.manifest.release, facts, opened.bundle.sections, predicateOf);
  const unlisted = absent.filter((what) => !listed.has(what.slice(0, 300)));
  const right = listed.size === 0 ? 'nothing is missing' : `${listed.size} things are missing, and the bundle says so`;
  return checked(
    'missing',
    unlisted.map((what) => `${what} is absent and not listed as missing`),
    right,
  );
}

/** Types of facts that say an act on this release began or was done: each must rest on an allow. */
const ACTS: ReadonlySet<string> = new Set(['deployment.started', 'deployment.act-recorded']);

/** Every act of the story that names a decision rests on one that said allow, and that was recorded before it. */
export function checkStory(opened: Opened, facts: readonly ReadFact[]): Check {
  const decisions = new Map(pinnedDecisions(facts).map((decision) => [decision.id, decision]));
  const wrong: string[] = [];
  let acts = 0;
  const unadmitted = new Set(facts.filter(({ leaf }) => leaf.type === 'deployment.unadmitted').map(({ leaf }) => leaf.subject));
  for (const { position, leaf } of facts) {
    if (!ACTS.has(leaf.type)) continue;
    const named = typeof leaf.body === 'object' && leaf.body !== null ? (leaf.body as { decision?: unknown }).decision : undefined;
    if (typeof named !== 'string') {
      // What a foreign tool began without an allow is a fact and no fault of the proof, as long as it says so itself.
      const foreign = leaf.type === 'deployment.started' && (leaf.body as { strategy?: unknown }).strategy === 'external';
      if (foreign && !unadmitted.has(leaf.subject))
        wrong.push(`${leaf.type} at ${position} names no decision, and is not told to be unadmitted`);
      continue;
    }
    acts += 1;
    const decision = decisions.get(named);
    if (decision === undefined) continue;
    if (decision.position > position) wrong.push(`${leaf.type} at ${position} came before its decision ${named}`);
    if (decision.verdict !== 'allow') wrong.push(`${leaf.type} at ${position} rests on ${named}, which said ${decision.verdict}`);
  }
  if (!facts.some(({ leaf }) => leaf.subject === opened.manifest.release))
    wrong.push(`no fact is about the release ${opened.manifest.release}`);
  return checked(
    'story',
    wrong,
    `${facts.length} facts of ${opened.manifest.release}; ${acts} acts rest on earlier decisions that said allow${told(unadmitted.size)}`,
  );
}

function told(unadmitted: number): string {
  return unadmitted === 0 ? '' : `; ${unadmitted} deployments by a foreign tool were NOT allowed, and the ledger says so`;
}
