import { stringify } from 'yaml';
import { allServices } from '../catalog/catalog.queries.ts';
import { ENVIRONMENT_KINDS } from '../catalog/environment.ts';
import type { Tx } from '../platform/floor.ts';
import type { StoredPolicy } from './policy.store.ts';
import { runExamples } from './policy/examples.ts';
import { policyDigest, resolvePolicy, TIERS, type Policy } from './policy/policy.ts';
import { rulesInWords } from './policy/words.ts';

const MOST_USES = 1000;

/** A policy for people: its text, its rules in words, its answers to the examples, and the services under it that may be seen. */
export async function explained(tx: Tx, { policy, document, source }: StoredPolicy, visible: 'all' | ReadonlySet<string>) {
  const uses = (await allServices(tx)).filter((one) => one.policy === policy.name && (visible === 'all' || visible.has(one.id)));
  return {
    text: source ?? stringify(document, { aliasDuplicateObjects: false }),
    tiers: TIERS.map((tier) => ({
      tier,
      kinds: ENVIRONMENT_KINDS.map((kind) => {
        const resolved = resolvePolicy(policy, tier, kind);
        return { kind, digest: policyDigest(resolved), words: rulesInWords(resolved.rules) };
      }),
    })),
    examples: examplesOf(policy),
    uses: uses.slice(0, MOST_USES).map(({ name, team, tier }) => ({ service: name, team, tier })),
    used: uses.length,
  };
}

/** What a policy answers to the examples, as it goes over the wire. */
export function examplesOf(policy: Policy) {
  return runExamples(policy).map(({ answers, ...one }) => ({
    ...one,
    answers: answers.map((answer) => ({ ...answer, reasons: [...answer.reasons] })),
  }));
}

/** The tiers and kinds of environment for which two policies ask something else; all of them where there was none before. */
export function changedCells(before: Policy | null, after: Policy) {
  return TIERS.flatMap((tier) =>
    ENVIRONMENT_KINDS.filter(
      (kind) => before === null || policyDigest(resolvePolicy(before, tier, kind)) !== policyDigest(resolvePolicy(after, tier, kind)),
    ).map((kind) => ({ tier, kind })),
  );
}
